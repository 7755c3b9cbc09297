/** Writes every small change of a source file into it, each asleep until it is asked for. */
import ts from "typescript";

/** One small change that a test should notice. */
export interface Mutant {
  id: number;
  /** Relative to the repository. */
  file: string;
  line: number;
  /** The whole line, trimmed. */
  code: string;
  before: string;
  after: string;
}

/** What an instrumented file asks at each place: is this mutant awake? It is a global of that name. */
export const switchName = "__isMutant";

type Change = { node: ts.Expression; text: string };

const swapped = new Map<ts.SyntaxKind, ts.BinaryOperator>([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, ts.SyntaxKind.EqualsEqualsEqualsToken],
  [ts.SyntaxKind.EqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsToken],
  [ts.SyntaxKind.ExclamationEqualsToken, ts.SyntaxKind.EqualsEqualsToken],
  [ts.SyntaxKind.LessThanToken, ts.SyntaxKind.GreaterThanEqualsToken],
  [ts.SyntaxKind.LessThanEqualsToken, ts.SyntaxKind.GreaterThanToken],
  [ts.SyntaxKind.GreaterThanToken, ts.SyntaxKind.LessThanEqualsToken],
  [ts.SyntaxKind.GreaterThanEqualsToken, ts.SyntaxKind.LessThanToken],
]);
const boundaries = new Map<ts.SyntaxKind, ts.BinaryOperator>([
  [ts.SyntaxKind.LessThanToken, ts.SyntaxKind.LessThanEqualsToken],
  [ts.SyntaxKind.LessThanEqualsToken, ts.SyntaxKind.LessThanToken],
  [ts.SyntaxKind.GreaterThanToken, ts.SyntaxKind.GreaterThanEqualsToken],
  [ts.SyntaxKind.GreaterThanEqualsToken, ts.SyntaxKind.GreaterThanToken],
]);
const calculations = new Map<ts.SyntaxKind, ts.BinaryOperator>([
  [ts.SyntaxKind.PlusToken, ts.SyntaxKind.MinusToken],
  [ts.SyntaxKind.MinusToken, ts.SyntaxKind.PlusToken],
  [ts.SyntaxKind.AsteriskToken, ts.SyntaxKind.SlashToken],
  [ts.SyntaxKind.SlashToken, ts.SyntaxKind.AsteriskToken],
  [ts.SyntaxKind.PlusEqualsToken, ts.SyntaxKind.MinusEqualsToken],
  [ts.SyntaxKind.MinusEqualsToken, ts.SyntaxKind.PlusEqualsToken],
]);
const choices: readonly ts.SyntaxKind[] = [
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
];
const otherMethod: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  max: "min",
  min: "max",
  startsWith: "endsWith",
  endsWith: "startsWith",
};
/** Methods that give something like what they are called on. */
const needless = new Set(["filter", "sort", "reverse", "slice", "trim", "flat", "replace", "replaceAll"]);

/**
 * The JavaScript of a TypeScript file with all its mutants in it.
 *
 * @param firstId the mutants are numbered from here on
 */
export function instrument(file: string, source: string, firstId = 0): { code: string; mutants: Mutant[] } {
  const mutants: Mutant[] = [];
  const lines = source.split("\n");
  const { factory } = ts;

  const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => (sourceFile) => {
    const textOf = (node: ts.Node) => node.getText(sourceFile);
    const awake = (node: ts.Node, after: string) => {
      const { line } = sourceFile.getLineAndCharacterOfPosition(node.getStart(sourceFile));
      const id = firstId + mutants.length;
      mutants.push({ id, file, line: line + 1, code: (lines[line] ?? "").trim(), before: textOf(node), after });
      return factory.createCallExpression(factory.createIdentifier(switchName), undefined, [
        factory.createNumericLiteral(id),
      ]);
    };
    const visit = (node: ts.Node, parent: ts.Node): ts.Node => {
      if (isOfTypes(node)) return node;
      const inner = ts.visitEachChild(node, (child) => visit(child, node), context);
      if (ts.isExpressionStatement(node)) {
        const asleep = factory.createLogicalNot(awake(node, ";"));
        return factory.createBlock([factory.createIfStatement(asleep, inner as ts.Statement)]);
      }
      if (!ts.isExpression(node)) return inner;
      return changesOf(node, parent, textOf).reduceRight<ts.Expression>(
        (otherwise, { node: changed, text }) =>
          factory.createParenthesizedExpression(
            factory.createConditionalExpression(awake(node, text), undefined, changed, undefined, otherwise),
          ),
        inner as ts.Expression,
      );
    };
    return ts.visitEachChild(sourceFile, (node) => visit(node, sourceFile), context);
  };

  const { outputText } = ts.transpileModule(source, {
    fileName: file,
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, esModuleInterop: true },
    transformers: { before: [transformer] },
  });
  return { code: outputText, mutants };
}

/** Is it erased, or a name and not a value? */
function isOfTypes(node: ts.Node): boolean {
  return (
    (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node)
  );
}

function changesOf(node: ts.Expression, parent: ts.Node, textOf: (node: ts.Node) => string): Change[] {
  const { factory } = ts;
  const plain = (kept: ts.Expression): Change => ({ node: kept, text: textOf(kept) });
  const isCondition = conditionOf(parent) === node;
  const changes: Change[] = [];
  // A loop that never ends says nothing about its tests.
  if (isCondition && !ts.isIterationStatement(parent, false))
    changes.push({ node: factory.createTrue(), text: "true" });
  if (isCondition) changes.push({ node: factory.createFalse(), text: "false" });
  if (ts.isCaseClause(parent) && parent.expression === node) {
    changes.push({ node: factory.createObjectLiteralExpression(), text: "(never)" });
  }

  if (ts.isBinaryExpression(node)) {
    const { left, right, operatorToken } = node;
    const withOperator = (operator: ts.BinaryOperator | undefined) => {
      if (operator === undefined) return;
      const text = `${textOf(left)} ${ts.tokenToString(operator)} ${textOf(right)}`;
      changes.push({ node: factory.createBinaryExpression(left, operator, right), text });
    };
    withOperator(boundaries.get(operatorToken.kind));
    if (!isCondition) withOperator(swapped.get(operatorToken.kind));
    if (!isText(left) && !isText(right)) withOperator(calculations.get(operatorToken.kind));
    if (choices.includes(operatorToken.kind)) changes.push(plain(left), plain(right));
  } else if (ts.isPrefixUnaryExpression(node)) {
    if (node.operator === ts.SyntaxKind.ExclamationToken || node.operator === ts.SyntaxKind.MinusToken) {
      changes.push(plain(node.operand));
    }
  } else if (ts.isNumericLiteral(node) && !isName(node, parent)) {
    const value = Number(node.text);
    for (const other of value >= 1 ? [value + 1, value - 1] : [value + 1]) {
      changes.push({ node: factory.createNumericLiteral(other), text: String(other) });
    }
  } else if (node.kind === ts.SyntaxKind.TrueKeyword) {
    changes.push({ node: factory.createFalse(), text: "false" });
  } else if (node.kind === ts.SyntaxKind.FalseKeyword) {
    changes.push({ node: factory.createTrue(), text: "true" });
  } else if (ts.isArrayLiteralExpression(node) && node.elements.length > 0 && !isTarget(node, parent)) {
    changes.push({ node: factory.createArrayLiteralExpression(), text: "[]" });
  } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && !isInChain(node, parent)) {
    const { expression: on, name, questionDotToken } = node.expression;
    const other = otherMethod[name.text];
    if (other !== undefined && questionDotToken === undefined) {
      const access = factory.createPropertyAccessExpression(on, other);
      const text = `${textOf(on)}.${other}(…)`;
      changes.push({ node: factory.createCallExpression(access, undefined, node.arguments), text });
    }
    if (needless.has(name.text)) changes.push(plain(on));
  }
  return changes;
}

function conditionOf(parent: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(parent) || ts.isWhileStatement(parent) || ts.isDoStatement(parent)) return parent.expression;
  if (ts.isConditionalExpression(parent) || ts.isForStatement(parent)) return parent.condition;
  return undefined;
}

/** A difference of texts is NaN: any test notices. */
function isText(node: ts.Expression): boolean {
  if (ts.isBinaryExpression(node)) return isText(node.left) || isText(node.right);
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

function isName(node: ts.Expression, parent: ts.Node): boolean {
  return ts.isPropertyAssignment(parent) && parent.name === (node as ts.Node);
}

/** `[a, b] = …` */
function isTarget(node: ts.Expression, parent: ts.Node): boolean {
  return (
    ts.isBinaryExpression(parent) && parent.left === node && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  );
}

/** A link of an optional chain can't be put in parentheses: what follows it would be called on undefined. */
function isInChain(node: ts.Expression, parent: ts.Node): boolean {
  return ts.isOptionalChain(parent) && parent.expression === node;
}

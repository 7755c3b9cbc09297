/** `completion`: shell scripts that complete commands, options and their values; whatever else is a file. */
import type { Command } from "commander";
import { codes } from "../assess";
import { formats } from "../report";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** A command's own words, and those that may follow its options. */
interface Words {
  /** `settings check`; empty for the program itself. */
  path: string;
  /** Commands below it, choices of its argument. */
  words: readonly string[];
  options: readonly { name: string; description: string; values: readonly string[]; takesValue: boolean }[];
}

export function completionScript(program: Command, shell: Shell): string {
  const all = wordsOf(program);
  const name = program.name();
  if (shell === "fish") return fish(name, all);
  const script = bash(name, all);
  return shell === "bash" ? script : `#compdef ${name}\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function wordsOf(command: Command, path = ""): Words[] {
  const own = command.commands.map((one) => one.name());
  const argument = command.name() === "explain" ? codes : (command.registeredArguments[0]?.argChoices ?? []);
  const options = command.createHelp().visibleOptions(command);
  return [
    {
      path,
      words: [...own, ...argument],
      options: options.map((option) => ({
        name: option.long ?? option.short ?? "",
        description: option.description,
        values: option.argChoices ?? (option.long === "--format" ? Object.keys(formats) : []),
        takesValue: option.required || option.optional,
      })),
    },
    ...command.commands.flatMap((one) => wordsOf(one, `${path} ${one.name()}`.trim())),
  ];
}

function bash(name: string, all: readonly Words[]): string {
  const arms = all.flatMap(({ path, options }) =>
    options.flatMap(({ name, values }) =>
      values.length > 0 ? [`    "${path} ${name}") words="${values.join(" ")}" ;;`] : [],
    ),
  );
  const files = all.flatMap(({ path, options }) =>
    options.flatMap(({ name, values, takesValue }) => (takesValue && values.length === 0 ? [`"${path} ${name}"`] : [])),
  );
  const commands = all.map(({ path, words, options }) => {
    const own = [...words, ...options.map((option) => option.name)].join(" ");
    return `      "${path}") words="${own}" ;;`;
  });
  const paths = all.map(({ path }) => `"${path}"`).filter((path) => path !== '""');
  return `_${fn(name)}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${paths.join(" | ")}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $prev" in
${arms.join("\n")}
    ${files.join(" | ")}) ;;
    *)
      case "$path" in
${commands.join("\n")}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _${fn(name)} ${name}
`;
}

function fish(name: string, all: readonly Words[]): string {
  const lines = all.flatMap(({ path, words, options }) => {
    const seen = path.split(" ").filter((word) => word !== "");
    const below = all.flatMap((other) =>
      other.path.startsWith(`${path} `.trimStart()) && other !== all[0] ? [other.path] : [],
    );
    const isHere = [
      ...seen.map((word) => `__fish_seen_subcommand_from ${word}`),
      ...(below.length > 0
        ? [
            `not __fish_seen_subcommand_from ${[...new Set(below.map((each) => each.split(" ")[seen.length]))].join(" ")}`,
          ]
        : []),
    ].join("; and ");
    const start = `complete -c ${name}${isHere === "" ? "" : ` -n ${quoted(isHere)}`}`;
    return [
      ...(words.length > 0 ? [`${start} -f -a ${quoted(words.join(" "))}`] : []),
      ...options.map((option) => {
        const long = option.name.replace(/^--/, "");
        const values = option.values.length > 0 ? ` -f -a ${quoted(option.values.join(" "))}` : "";
        return `${start} -l ${long}${option.takesValue ? " -r" : ""}${values} -d ${quoted(option.description)}`;
      }),
    ];
  });
  return `${lines.join("\n")}\n`;
}

/** A function's name. */
function fn(name: string): string {
  return name.replaceAll("-", "_");
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

/** The name of a program, without its path and without Windows' extension. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.exe$/i, "");
}

/** Names whose first word is a program and the rest its arguments: no file has such a name. */
const wholeCommand = /^(?:\S*\/)?(?:sleep|sh|bash|dash|ash|busybox|env|timeout|nice|nohup|exec|kill|nginx|echo)\s/;

/** Is it a whole command where a program's name belongs? */
export function isWholeCommand(program: string): boolean {
  return wholeCommand.test(program);
}

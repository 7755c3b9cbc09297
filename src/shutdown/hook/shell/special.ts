/** POSIX's special builtins: an error in one may end the shell. No name: an assignment or a redirection alone. */
export function isSpecial(name: string): boolean {
  return /^(?:|[:.]|break|continue|eval|exec|exit|export|readonly|return|set|shift|source|times|trap|unset)$/.test(
    name,
  );
}

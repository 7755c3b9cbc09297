/** What a function returns, computed when it is first asked for. */
export function once<T>(compute: () => T): () => T {
  let answer: { value: T } | undefined;
  return () => (answer ??= { value: compute() }).value;
}

/** What a function makes of an object, computed once for each object: it reads nothing that changes. */
export function oncePer<K extends object, V>(compute: (of: K) => V): (of: K) => V {
  const answers = new WeakMap<K, { value: V }>();
  return (of) => {
    let answer = answers.get(of);
    if (!answer) answers.set(of, (answer = { value: compute(of) }));
    return answer.value;
  };
}

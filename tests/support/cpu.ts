/** The seconds of CPU that a call takes: the same on a busy machine, unlike the clock's. */
export function cpuSeconds(call: () => unknown): number {
  const before = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

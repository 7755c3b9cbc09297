/** What the commands go by that judge: manifests, state files, standard input, and a cluster. */
import type { Facts } from "../settings/schema";
import { progress, type Io } from "./io";
import { allKinds, readCluster, readSources, type ClusterOptions, type Excluded, type Reading } from "./sources";

export interface ReadingOptions {
  exclude?: Excluded | undefined;
  allowEmpty?: boolean | undefined;
  onText?: (file: string, text: string) => void;
}

/**
 * Reads all that is named, and tells of its progress.
 *
 * @param asked the cluster, if one is named
 * @returns `cluster`: what is to be known of it besides
 */
export async function readAll(
  sources: readonly string[],
  asked: ClusterOptions | undefined,
  { workloads }: Pick<Facts, "workloads">,
  { exclude, allowEmpty = false, onText }: ReadingOptions,
  io: Io,
): Promise<{ reading: Reading; cluster?: Awaited<ReturnType<typeof readCluster>> }> {
  const shown = progress(io);
  try {
    const given = await readSources(sources, {
      stdin: io.stdin,
      allowEmpty,
      ...(exclude && { exclude }),
      ...(onText && { onText }),
      onFile: (file) => shown.say(`Reading ${file}`),
    });
    const cluster = asked && (await readCluster(allKinds, { ...asked, workloads }, io.env, (text) => shown.say(text)));
    const { objects = [], problems = [] } = cluster ?? {};
    const reading = {
      ...given,
      objects: [...given.objects, ...objects],
      problems: [...given.problems, ...problems],
    };
    shown.say(`Judging ${reading.objects.length} objects`);
    return { reading, ...(cluster && { cluster }) };
  } finally {
    shown.end();
  }
}

import assert from "node:assert/strict";
import { readPod } from "../../src/kubernetes/workload";
import type { Interval } from "../../src/shutdown/interval";
import { timeline } from "../../src/shutdown/timeline";
import { kubernetesVersion } from "../../tools/kubernetes";
import { canRunNode, startApiServer, startNode, type ApiServer, type Node } from "../support/kubernetes";
import { freePorts } from "../support/kubernetes/processes";
import { measure, type Measurement } from "./measure";
import { containersOf, measuredPods, shutdownSeconds, type MeasuredPod } from "./pods";

/** Seconds beside the kubelet's own time: programs start slowly on a machine with much to do. */
const margin = 0.4;
/** Seconds by which a clock may be early: the kubelet's, the app's and ours are read one after the other. */
const early = 0.05;

interface Expected {
  /** The first stop signal, be it the kubelet's or the hook's own; undefined where none ever comes. */
  sigterm: Interval | undefined;
  gone: Interval;
}

/** What our timeline says of each container's app, by the container's name. */
function expected({ spec }: MeasuredPod): Map<string, Expected> {
  const line = timeline(readPod(spec), { kubernetesVersion });
  assert.ok(line);
  return new Map(
    line.containers.map(({ container, sigterm, sigkill }) => {
      const body = containersOf({ spec }).find(({ name }) => name === container.name);
      const shutdown = shutdownSeconds(body!);
      const gone = {
        atLeast: Math.min((sigterm?.atLeast ?? Infinity) + shutdown, sigkill.atLeast),
        atMost: Math.min((sigterm?.atMost ?? Infinity) + shutdown, sigkill.atMost),
      };
      return [container.name, { sigterm, gone }];
    }),
  );
}

/** Where a measured time is outside of what was expected; `late` by more than the kubelet's own time. */
function outside(pod: MeasuredPod, measurement: Measurement): { text: string; late: boolean }[] {
  const slack = measurement.startUp + margin;
  return [...expected(pod)].flatMap(([container, { sigterm, gone }]) => {
    const measured = measurement.containers.get(container)!;
    const compare = (what: string, interval: Interval | undefined, time: number | undefined) => {
      // What never comes has no time.
      if (interval === undefined && time === undefined) return [];
      const { atLeast, atMost } = interval ?? { atLeast: Infinity, atMost: Infinity };
      const late = time === undefined || time > atMost + slack;
      if (!late && time >= atLeast - early) return [];
      const said = `${container}: ${what} at ${time?.toFixed(2) ?? "no time"} s, expected ${atLeast} to ${atMost} s`;
      return [{ text: said, late }];
    };
    return [...compare("stop signal", sigterm, measured.sigterm), ...compare("end", gone, measured.gone)];
  });
}

describe("A real kubelet", function () {
  this.timeout(40 * 60_000);
  let api: ApiServer | undefined;
  let node: Node | undefined;
  let first: Map<string, Measurement>;
  let second = new Map<string, Measurement>();

  before(async function () {
    const missing = canRunNode();
    if (missing !== undefined) {
      console.log(`Skipped: ${missing}.`);
      this.skip();
    }
    api = await startApiServer();
    node = await startNode(api);
    const [port] = await freePorts(1);
    const pods = measuredPods(port!);
    first = await measure(api, node, pods);
    // Only what our timeline is wrong about is late a second time as well; too early is never by chance.
    const late = pods.filter((pod) => outside(pod, first.get(pod.name)!).some(({ late }) => late));
    second = await measure(api, node, late, { atOnce: 2 });
  });
  after(() => {
    node?.stop();
    api?.stop();
  });

  // The port is the kubelet's business alone.
  for (const pod of measuredPods(0).filter(({ isHidden }) => !isHidden)) {
    it(`ends ${pod.name} as our timeline says: ${pod.about}`, () => {
      const wrong = outside(pod, first.get(pod.name)!);
      const again = second.get(pod.name);
      const certain = again && wrong.every(({ late }) => late) ? outside(pod, again) : wrong;
      assert.deepEqual(
        certain.map(({ text }) => text),
        [],
      );
    });
  }

  it("takes little time itself", () => {
    // Else the comparisons above would let too much pass.
    const startUps = [...first.values()].map(({ startUp }) => startUp).sort((a, b) => a - b);
    const median = startUps[Math.floor(startUps.length / 2)]!;
    assert.ok(median + margin < 1, `${median} s`);
  });
});

describe("Our timeline", () => {
  for (const row of measuredPods(0).filter(({ isUnclear, isHidden }) => !isUnclear && !isHidden)) {
    it(`tells the moment for ${row.name}`, () => {
      for (const [container, { sigterm }] of expected(row)) {
        // A sidecar's moment depends on when the other apps end, which no manifest tells.
        if (row.spec.initContainers?.some(({ name }) => name === container)) continue;
        assert.equal(sigterm?.atLeast, sigterm?.atMost, container);
      }
    });
  }
});

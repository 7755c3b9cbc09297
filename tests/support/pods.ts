/** Short ways to write the Pods of test cases. Times in seconds. */
import { readPod, type Pod } from "../../src/kubernetes/workload";
import type { Requirement } from "../../src/shutdown/judge";

/** What the settings ask for by default. */
export const required: Requirement = {
  sleepSeconds: 5,
  shutdownSeconds: 10,
  kubernetesVersion: "1.34",
  hook: "auto",
  concerns: () => true,
};

/** A native sleep hook. */
export const sleep = (seconds: unknown) => ({ preStop: { sleep: { seconds } } });

/** An exec hook. */
export const exec = (...command: unknown[]) => ({ preStop: { exec: { command } } });

/** A hook that is a shell script. */
export const sh = (script: string) => exec("/bin/sh", "-c", script);

/** A hook of which nothing is known but that it exists. */
export const httpGet = { preStop: { httpGet: { path: "/drain", port: 8080 } } };

/** A hook that the kubelet fails at once. */
export const tcpSocket = { preStop: { tcpSocket: { port: 8080 } } };

/** A container; without a hook where no lifecycle is given. */
export function container(name: string, lifecycle?: unknown): { name: string; image: string } {
  return { name, image: `example.com/${name}:1`, ...(lifecycle === undefined ? {} : { lifecycle }) };
}

/** A native sidecar. */
export function sidecar(name: string, lifecycle?: unknown): { name: string; image: string } {
  return Object.assign(container(name, lifecycle), { restartPolicy: "Always" });
}

/** A Pod's spec: ordinary containers, native sidecars and the grace period, where they are given. */
export function podSpec(containers: unknown[], grace?: unknown, initContainers?: unknown[]): object {
  return {
    ...(grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
    ...(initContainers ? { initContainers } : {}),
    containers,
  };
}

export function pod(containers: unknown[], grace?: unknown, initContainers?: unknown[]): Pod {
  return readPod(podSpec(containers, grace, initContainers));
}

/** What every kind of source gives: Kubernetes objects with their places, and what could not be read. */
import { getSystemErrorMap } from "node:util";
import type { PulumiResource, Resource } from "../../kubernetes/resource";
import { placeText } from "../../report/model";
import type { Document } from "./documents";

/** An object of a source. */
export interface Sourced {
  /** As Pulumi's policies take it: of a manifest, what Pulumi would register for it. */
  resource: PulumiResource;
  /** What the cluster has, where the source tells it: a state's outputs. Otherwise the same as its props. */
  outputs?: unknown;
  /** Where a manifest stands; undefined for state and clusters. */
  place?: Place;
}

/** Where in a file an object stands. */
export interface Place {
  file: string;
  /** Line of its first key, from 1. */
  line: number;
  document: Document;
  /** The way to it within the document: empty for the document itself, `["items", 2]` for an item of a list. */
  path: readonly (string | number)[];
}

/** An object as Pulumi would register it. */
export function registered(
  { group, version, kind }: Pick<Resource, "group" | "version" | "kind">,
  urn: string,
  props: unknown,
): PulumiResource {
  return { type: `kubernetes:${group || "core"}/${version}:${kind}`, urn, name: "", props };
}

/** What the cluster has of an object, as far as the source tells. */
export function deployed({ resource, outputs }: Sourced): PulumiResource {
  return outputs === undefined ? resource : { ...resource, props: outputs };
}

/** Something of a source that could not be read. */
export interface Problem {
  /** The file, stack or cluster. */
  source: string;
  /** From 1. */
  line?: number;
  column?: number;
  message: string;
  /** `bad`: the input is broken. `partial`: access to it was denied, and what is there is incomplete. */
  kind: "bad" | "partial";
}

export interface Reading {
  objects: Sourced[];
  problems: Problem[];
  /** What was left out, and how it can be judged all the same. */
  notes: Note[];
}

export interface Note {
  source: string;
  message: string;
}

/** `manifests/web.yaml:3:7: bad indentation`. */
export function printProblem({ source, line, column, message }: Omit<Problem, "kind">): string {
  return `${placeText(source, line, column)}: ${message}`;
}

/** An input that can't be used at all. The message is all that a user should see. */
export class InputError extends Error {
  override name = "InputError";
}

/** A command line that is invalid. */
export class UsageError extends Error {
  override name = "UsageError";
  /** @param problems a line of its own for each, below the message */
  constructor(
    message: string,
    readonly problems: readonly string[] = [],
  ) {
    super(message);
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    typeof (error as NodeJS.ErrnoException).code === "string" &&
    !(error instanceof InputError)
  );
}

const systemMessages: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "is a folder",
  ENOSPC: "no space left on the device",
};

/** What went wrong with a file, in words. */
export function systemMessage(error: NodeJS.ErrnoException): string {
  // The error's own message has the path once more, as it is.
  const [, words] = getSystemErrorMap().get(error.errno ?? 0) ?? [];
  return systemMessages[error.code ?? ""] ?? words ?? error.code ?? "failed";
}

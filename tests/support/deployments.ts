/** Programs that are deployed: a real Pulumi engine and provider, and a Kubernetes API of the tests' own. */
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation";
import { startEngine, type Engine, type EngineOptions, type Program } from "../../tools/pulumi";
import { apply, canRunApiServer, routeDefinitions, startApiServer, type ApiServer } from "./kubernetes";

/** An engine, and the Kubernetes API that it deploys to. */
export interface Deployments {
  engine: Engine;
  api: ApiServer;
  stop: () => void;
}

/** Starts both; the API knows the kinds of APISIX and the Gateway API, and has these namespaces. Skips where it can't. */
export async function startDeployments(
  test: Mocha.Context,
  namespaces: string[],
  options: EngineOptions = {},
): Promise<Deployments> {
  const missing = canRunApiServer();
  if (missing !== undefined) {
    console.log(`Skipped: ${missing}.`);
    test.skip();
  }
  const api = await startApiServer();
  try {
    await Promise.all(namespaces.map((name) => api.createNamespace(name)));
    await Promise.all(routeDefinitions().map((definition) => apply(api, definition)));
    const engine = await startEngine({ ...options, kubeconfig: api.kubeconfigPath });
    return {
      engine,
      api,
      stop: () => {
        engine.close();
        api.stop();
      },
    };
  } catch (error) {
    api.stop();
    throw error;
  }
}

/**
 * What objects need where no controllers run: nothing becomes ready that could be waited for, and nothing deletes what
 * an object owns, which by default is to be gone before it.
 */
export const withoutControllers = {
  "pulumi.com/skipAwait": "true",
  "pulumi.com/deletionPropagationPolicy": "background",
};

/**
 * The program, with these annotations on each object that it registers itself.
 *
 * Not by a resource transform, which would reach the children of a chart, too: the SDK hands one the secrets as plain
 * values, and takes the options that one gives back for "not deleted before it is replaced".
 */
export function deployable(program: Program): Program {
  const run = () => {
    pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
      // Charts and the like are no objects.
      if (!/^kubernetes:(?!helm|kustomize|yaml)/.test(type)) return undefined;
      const metadata = (props as { metadata?: { annotations?: object } }).metadata;
      const annotations = { ...metadata?.annotations, ...withoutControllers };
      return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
    });
    return program.run();
  };
  return { ...program, run };
}

/** Deploys a stack without any policy pack, as it was before there was one, and takes it down; answers its export. */
export async function deployAndExport(stack: Stack): Promise<object> {
  await stack.up();
  const state = await stack.exportStack();
  await stack.destroy();
  return state;
}

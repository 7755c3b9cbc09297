/**
 * Stands in for Pulumi's Node language host, which is on no package registry, in the two things that a policy pack asks
 * of it: InstallDependencies, by the package manager and the flags that the real one takes, and RunPlugin, by the
 * pack's own copy of the SDK's script. The real one also puts a proxy before the pack, which hands it the stack's config.
 */
import { spawn } from "node:child_process";
import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { runPolicyPack } from "../support/pack-process";

type Install = ServerWritableStream<proto.InstallDependenciesRequest, proto.InstallDependenciesResponse>;
type Run = ServerWritableStream<proto.RunPluginRequest, proto.RunPluginResponse>;

/** `npm install --loglevel error [--production]`, and the like. */
function installCommand(options: Record<string, unknown>): [program: string, args: string[]] {
  const program = typeof options.packagemanager === "string" ? options.packagemanager : "npm";
  const args = program === "npm" ? ["install", "--loglevel", "error"] : ["install"];
  if (options.production === true) args.push(program === "pnpm" ? "--prod" : "--production");
  return [program, args];
}

function installDependencies(call: Install): void {
  const info = call.request.getInfo();
  const [program, args] = installCommand(info?.getOptions()?.toJavaScript() ?? {});
  const child = spawn(program, args, { cwd: info?.getProgramDirectory() ?? ".", stdio: ["ignore", "pipe", "pipe"] });
  const say = (set: "setStdout" | "setStderr") => (text: Buffer) => {
    const response = new proto.InstallDependenciesResponse();
    response[set](text);
    call.write(response);
  };
  child.stdout.on("data", say("setStdout"));
  child.stderr.on("data", say("setStderr"));
  child.on("error", (error) => call.destroy(error));
  child.on("close", (code) => {
    if (code === 0) call.end();
    else call.destroy(Object.assign(new Error(`${program} ended with ${code}`), { code: status.UNKNOWN }));
  });
}

function runPlugin(call: Run): void {
  const folder = call.request.getInfo()?.getProgramDirectory() ?? ".";
  const env = Object.fromEntries(
    call.request.getEnvList().map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const args = [runPolicyPack(folder), ...call.request.getArgsList(), folder];
  const child = spawn("node", args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const say = (set: "setStdout" | "setStderr") => (text: Buffer) => {
    const response = new proto.RunPluginResponse();
    response[set](text);
    call.write(response);
  };
  child.stdout.on("data", say("setStdout"));
  child.stderr.on("data", say("setStderr"));
  call.on("cancelled", () => child.kill());
  child.on("close", (code) => {
    const response = new proto.RunPluginResponse();
    response.setExitcode(code ?? 1);
    call.write(response);
    call.end();
  });
}

const server = new Server();
server.addService(LanguageRuntimeService, {
  getPluginInfo: (_: ServerUnaryCall<unknown, PluginInfo>, callback: sendUnaryData<PluginInfo>) =>
    callback(null, new PluginInfo()),
  installDependencies,
  runPlugin,
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(String(port));
});

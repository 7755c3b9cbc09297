/** What manifests say of the time that their apps take to shut down. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { fromManifest, type Resource } from "../../../src/kubernetes/resource";
import { Secrets } from "../../../src/kubernetes/secrets";
import { isKnown, unknown } from "../../../src/kubernetes/values";
import { readWorkload } from "../../../src/kubernetes/workload";
import { budgetsOf, configMapsOf } from "../../../src/shutdown/app";

/** `30 s SPRING_…`; what isn't sure ends with a question mark. */
type Answer = string[];

interface Around {
  annotations?: Record<string, unknown>;
  /** By name: what each holds. */
  configMaps?: Record<string, Record<string, unknown>>;
  volumes?: unknown;
  more?: readonly Resource[];
  secrets?: Secrets;
}

function read(manifest: unknown): Resource {
  const resource = fromManifest(manifest, JSON.stringify(manifest));
  assert.ok(resource);
  return resource;
}

function configMap(name: string, data: unknown, namespace = "shop"): Resource {
  return read({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data });
}

function budgets(container: object, around: Around = {}): Answer {
  const { annotations, configMaps = {}, volumes, more = [], secrets } = around;
  const spec = { containers: [{ name: "web", ...container }], ...(volumes === undefined ? {} : { volumes }) };
  const resource = {
    ...read({
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "shop" } },
      spec: { template: { metadata: { annotations }, spec } },
    }),
    ...(secrets && { secrets }),
  };
  const workload = readWorkload(resource);
  assert.ok(workload && isKnown(workload.pod.containers));
  const maps = [...Object.entries(configMaps).map(([name, data]) => configMap(name, data)), ...more];
  const { ofContainer, ofProxy } = budgetsOf(workload, configMapsOf(maps)(resource));
  const inWords = ({ seconds, source, isSure }: { seconds: number; source: string; isSure: boolean }) =>
    `${seconds} s ${source}${isSure ? "" : "?"}`;
  const own = workload.pod.containers.flatMap((each) => ofContainer(each).map(inWords));
  return ofProxy ? [...own, `proxy ${inWords(ofProxy)}`] : own;
}

const env = (variables: Record<string, unknown>, more: object = {}) => ({
  env: Object.entries(variables).map(([name, value]) => ({ name, value })),
  ...more,
});
const phase = "SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE";
const key = "spring.lifecycle.timeout-per-shutdown-phase";
const spring = (value: unknown, more: Record<string, unknown> = {}) => env({ [phase]: value, ...more });

const alone: [string, object, Answer][] = [
  ["nothing", {}, []],
  ["Spring Boot's timeout", spring("30s", { SERVER_SHUTDOWN: "graceful" }), [`30 s ${phase}`]],
  ["it without the mode", spring("30s"), [`30 s ${phase}`]],
  ["it where the server stops at once", spring("30s", { SERVER_SHUTDOWN: "immediate" }), []],
  ["it where the server stops at once, in capitals", spring("30s", { SERVER_SHUTDOWN: " IMMEDIATE" }), []],
  ["the mode alone", env({ SERVER_SHUTDOWN: "graceful" }), ["30 s Spring Boot's default?"]],
  ["another mode", env({ SERVER_SHUTDOWN: "slowly" }), []],
  [
    "the mode from a secret",
    { env: [...spring("40s").env, { name: "SERVER_SHUTDOWN", valueFrom: {} }] },
    [`40 s ${phase}?`],
  ],
  ...(
    [
      ["1m", 60],
      ["PT30S", 30],
      ["pt1m30.5s", 90.5],
      ["P1D", 86_400],
      ["45000", 45],
      ["45S", 45],
      ["1500ms", 1.5],
      ["0", 0],
    ] as const
  ).map(([text, seconds]): [string, object, Answer] => [
    `a duration of ${text}`,
    spring(text),
    [`${seconds} s ${phase}`],
  ]),
  ...["soon", "", "30 s", "-5s", "30x", "P", "PT", "1000000000", "1000000000s", "1e5s", "${TIMEOUT:30s}", "P2D"].map(
    (text): [string, object, Answer] => [`no duration: ${JSON.stringify(text)}`, spring(text), []],
  ),
  ["a value that is unknown", spring(unknown), []],
  ["a value that is a number", spring(30), []],
  [
    "the name without dashes",
    env({ SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE: "31s" }),
    ["31 s SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE"],
  ],
  ["the property's own name", env({ [key]: "32s" }), [`32 s ${key}`]],
  ["the last entry of a name", { env: [...spring("30s").env, ...spring("50s").env] }, [`50 s ${phase}`]],
  ["an entry that can't be read", { env: [...spring("30s").env, unknown] }, []],
  ["a reference", env({ T: "33s", [phase]: "$(T)" }), [`33 s ${phase}`]],
  ["a reference to what isn't known", env({ [phase]: "$(T)" }), []],
  ["an option of the JVM", env({ JAVA_TOOL_OPTIONS: `-Xmx1g -D${key}=35s` }), ["35 s JAVA_TOOL_OPTIONS"]],
  ["one in quotes", env({ JDK_JAVA_OPTIONS: `-Da="b c" "-D${key}=36s"` }), ["36 s JDK_JAVA_OPTIONS"]],
  ["one with a quote that isn't closed", env({ JAVA_TOOL_OPTIONS: `-D${key}=35s "` }), []],
  [
    "_JAVA_OPTIONS over all others",
    env({ _JAVA_OPTIONS: `-D${key}=1s`, JAVA_TOOL_OPTIONS: `-D${key}=2s`, [phase]: "3s" }),
    ["1 s _JAVA_OPTIONS"],
  ],
  ["java's own options", { command: ["java", `-D${key}=37s`, "-jar", "app.jar", `-D${key}=38s`] }, [`37 s -D${key}`]],
  ["Spring's own arguments", { args: [`--${key}=39s`], ...spring("3s") }, [`39 s --${key}`]],
  ["Spring's own arguments, relaxed", { args: ["--spring.lifecycle.timeoutPerShutdownPhase=39s"] }, [`39 s --${key}`]],
  [
    "JSON",
    env({ SPRING_APPLICATION_JSON: `{"spring":{"lifecycle":{"timeout-per-shutdown-phase":"41s"}}}` }),
    ["41 s SPRING_APPLICATION_JSON"],
  ],
  [
    "flat JSON",
    env({ SPRING_APPLICATION_JSON: `{"spring.lifecycle":{"timeoutPerShutdownPhase":41000}}` }),
    ["41 s SPRING_APPLICATION_JSON"],
  ],
  ["broken JSON", env({ SPRING_APPLICATION_JSON: `{"spring`, [phase]: "3s" }), []],
  ...(
    [
      [{ command: ["java", "-jar", "app.jar"] }, ""],
      [{ command: ["sh", "-c", "cd /app && exec java -Xmx1g -jar app.jar"] }, ""],
      // These may say something else.
      [{ command: ["sh", "-c", `export ${phase}=5s; exec java -jar app.jar`] }, "?"],
      [{ command: ["sh", "-c", `${phase}=5s exec java -jar app.jar`] }, "?"],
      [{ command: ["sh", "-c", ". /env.sh && exec java -jar app.jar"] }, "?"],
      [{ command: ["sh", "-c", "exec java $OPTIONS -jar app.jar"] }, "?"],
      [{ command: ["env", `${phase}=5s`, "java", "-jar", "app.jar"] }, "?"],
      [{ command: ["env", "-i", "java", "-jar", "app.jar"] }, "?"],
      [{ command: ["java", "$(OPTIONS)", "-jar", "app.jar"] }, "?"],
      [{ command: ["java", "-jar", "app.jar", unknown] }, "?"],
    ] as const
  ).map(([container, end]): [string, object, Answer] => [
    `the variable with ${container.command.map(String).join(" ")}`,
    { ...spring("30s"), ...container },
    [`30 s ${phase}${end}`],
  ]),
  [
    "an option of the JVM beside another program",
    env({ JAVA_TOOL_OPTIONS: `-D${key}=35s` }, { command: ["python", "app.py"] }),
    ["35 s JAVA_TOOL_OPTIONS?"],
  ],
  ["an option after the main class", { command: ["java", "-cp", "a.jar", "web.Main", `-D${key}=35s`] }, []],
  [
    "an option before the main class",
    { command: ["java", "-cp", "a.jar", `-D${key}=35s`, "web.Main"] },
    [`35 s -D${key}`],
  ],
  ["Spring's arguments of another program", { command: ["celery", `--${key}=39s`] }, [`39 s --${key}?`]],
  ["the variable beside another program", { ...spring("30s"), command: ["celery", "worker"] }, [`30 s ${phase}?`]],

  ["Quarkus, a number", env({ QUARKUS_SHUTDOWN_TIMEOUT: "40" }), ["40 s QUARKUS_SHUTDOWN_TIMEOUT"]],
  ["Quarkus, without PT", env({ QUARKUS_SHUTDOWN_TIMEOUT: "1m" }), ["60 s QUARKUS_SHUTDOWN_TIMEOUT"]],
  ["Quarkus, ISO", env({ QUARKUS_SHUTDOWN_TIMEOUT: "PT40S" }), ["40 s QUARKUS_SHUTDOWN_TIMEOUT"]],
  ["Quarkus, as an option", env({ JAVA_TOOL_OPTIONS: "-Dquarkus.shutdown.timeout=40" }), ["40 s JAVA_TOOL_OPTIONS"]],
  ["Quarkus, no duration", env({ QUARKUS_SHUTDOWN_TIMEOUT: "soon" }), []],

  [
    "Micronaut",
    env({
      MICRONAUT_LIFECYCLE_GRACEFUL_SHUTDOWN_ENABLED: "true",
      MICRONAUT_LIFECYCLE_GRACEFUL_SHUTDOWN_GRACE_PERIOD: "40s",
    }),
    ["40 s MICRONAUT_LIFECYCLE_GRACEFUL_SHUTDOWN_GRACE_PERIOD"],
  ],
  [
    "Micronaut, enabled alone",
    env({ MICRONAUT_LIFECYCLE_GRACEFUL_SHUTDOWN_ENABLED: "true" }),
    ["15 s Micronaut's default?"],
  ],
  ["Micronaut, not enabled", env({ MICRONAUT_LIFECYCLE_GRACEFUL_SHUTDOWN_GRACE_PERIOD: "40s" }), []],

  [
    "gunicorn",
    { command: ["gunicorn", "app:app", "--graceful-timeout", "120", "--timeout", "120"] },
    ["120 s --graceful-timeout"],
  ],
  [
    "gunicorn, with =",
    { command: ["/venv/bin/gunicorn", "--graceful-timeout=60", "app:app"] },
    ["60 s --graceful-timeout"],
  ],
  ["gunicorn, abbreviated", { command: ["gunicorn", "--graceful", "60", "app:app"] }, ["60 s --graceful-timeout"]],
  [
    "gunicorn, twice",
    { command: ["gunicorn", "--graceful-timeout", "60", "--graceful-timeout", "70"] },
    ["70 s --graceful-timeout"],
  ],
  [
    "gunicorn as a module",
    { command: ["python3", "-m", "gunicorn"], args: ["--graceful-timeout", "60"] },
    ["60 s --graceful-timeout"],
  ],
  [
    "gunicorn behind an init program",
    { command: ["tini", "--", "gunicorn", "--graceful-timeout", "60"] },
    ["60 s --graceful-timeout"],
  ],
  ["gunicorn as arguments alone", { args: ["gunicorn", "--graceful-timeout", "60"] }, ["60 s --graceful-timeout"]],
  ["gunicorn's default", { command: ["gunicorn", "app:app"] }, ["30 s gunicorn's default?"]],
  ["gunicorn with a configuration file", { command: ["gunicorn", "-c", "gunicorn.conf.py", "app:app"] }, []],
  ["gunicorn with one by its long name", { command: ["gunicorn", "--config=gunicorn.conf.py", "app:app"] }, []],
  ["gunicorn with a word that is unknown", { command: ["gunicorn", unknown, "app:app"] }, []],
  ["gunicorn with a value that is unknown", { command: ["gunicorn", "--graceful-timeout", unknown] }, []],
  [
    "gunicorn with another option's value unknown",
    { command: ["gunicorn", "--graceful-timeout", "60", "--bind", unknown] },
    ["60 s --graceful-timeout"],
  ],
  [
    "gunicorn with a word after it that may be any",
    { command: ["gunicorn", "--graceful-timeout", "60", "app:app", unknown] },
    [],
  ],
  ["gunicorn, after the end of its options", { command: ["gunicorn", "a:b", "--", "--graceful-timeout", "60"] }, ["30 s gunicorn's default?"]], // prettier-ignore
  ["gunicorn with no number", { command: ["gunicorn", "--graceful-timeout", "soon"] }, []],
  ["gunicorn without the number", { command: ["gunicorn", "--graceful-timeout"] }, []],
  ["gunicorn for ages", { command: ["gunicorn", "--graceful-timeout", "1000000000"] }, []],
  [
    "gunicorn's variable",
    env({ GUNICORN_CMD_ARGS: "--bind '0.0.0.0:80' --graceful-timeout=45" }),
    ["45 s GUNICORN_CMD_ARGS"],
  ],
  [
    "gunicorn's command line over its variable",
    { command: ["gunicorn", "--graceful-timeout", "50"], ...env({ GUNICORN_CMD_ARGS: "--graceful-timeout 45" }) },
    ["50 s --graceful-timeout"],
  ],
  [
    "gunicorn's variable beside another program",
    { command: ["celery"], ...env({ GUNICORN_CMD_ARGS: "--graceful-timeout 45" }) },
    ["45 s GUNICORN_CMD_ARGS?"],
  ],
  ["a quote that isn't closed", env({ GUNICORN_CMD_ARGS: '--graceful-timeout 45 --name "web' }), []],
  [
    "a variable from a secret",
    { command: ["gunicorn"], env: [{ name: "GUNICORN_CMD_ARGS", valueFrom: { secretKeyRef: {} } }] },
    [],
  ],
  [
    "gunicorn in a script",
    {
      command: [
        "sh",
        "-c",
        "python manage.py migrate && exec gunicorn app:app --bind 0.0.0.0:$PORT --graceful-timeout 60",
      ],
    },
    ["60 s --graceful-timeout"],
  ],
  [
    "gunicorn in a script of its own",
    { command: ["/bin/bash", "-c"], args: ["gunicorn --graceful-timeout $T"], ...env({ T: "61" }) },
    ["61 s --graceful-timeout"],
  ],
  [
    "a script that sets the variable",
    { command: ["bash", "-c", "T=5; gunicorn --graceful-timeout $T"], ...env({ T: "61" }) },
    [],
  ],
  ["a script with options from a variable", { command: ["sh", "-c", "gunicorn --graceful-timeout 60 $OPTIONS"] }, []],
  [
    "a script that ends with another command",
    { command: ["sh", "-c", "gunicorn --graceful-timeout 60; echo bye"] },
    [],
  ],
  [
    "a script that may run another program",
    { command: ["sh", "-c", 'if [ "$MODE" = worker ]; then exec celery; fi; exec gunicorn --graceful-timeout 60'] },
    [],
  ],
  ["a script that may end before", { command: ["sh", "-c", "exit; gunicorn --graceful-timeout 60"] }, []],
  [
    "a script that ends where something fails",
    { command: ["sh", "-c", "exec 2>&1; cd /app || exit 1; exec gunicorn --graceful-timeout 60"] },
    ["60 s --graceful-timeout"],
  ],
  ["a script that pipes", { command: ["sh", "-c", "gunicorn --graceful-timeout 60 | tee log"] }, []],
  ["a script that isn't followed", { command: ["sh", "-c", 'gunicorn --graceful-timeout 60 "'] }, []],
  ["a script in a file", { command: ["sh", "/start.sh"] }, []],
  ["a command that is unknown", { command: unknown, args: ["--graceful-timeout", "60"] }, []],
  ["a command that is no list", { command: "gunicorn --graceful-timeout 60" }, []],
  ["the same option of another program", { command: ["granian", "--graceful-timeout", "60"] }, []],

  [
    "uvicorn",
    { command: ["uvicorn", "app:app", "--timeout-graceful-shutdown", "50"] },
    ["50 s --timeout-graceful-shutdown"],
  ],
  ["uvicorn, abbreviated, which it refuses", { command: ["uvicorn", "--timeout-graceful", "50"] }, []],
  ["uvicorn's default, which is no limit", { command: ["uvicorn", "app:app"] }, []],
  [
    "uvicorn's variable",
    { command: ["uvicorn", "app:app"], ...env({ UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN: "50" }) },
    ["50 s UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN"],
  ],
  [
    "uvicorn's variable alone",
    env({ UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN: "50" }),
    ["50 s UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN?"],
  ],
  ["hypercorn", { command: ["hypercorn", "app:app", "--graceful-timeout", "50"] }, ["50 s --graceful-timeout"]],

  ["ASP.NET Core", env({ ASPNETCORE_SHUTDOWNTIMEOUTSECONDS: "50" }), ["50 s ASPNETCORE_SHUTDOWNTIMEOUTSECONDS"]],
  [
    "ASP.NET Core, in another case",
    { command: ["dotnet", "web.dll"], ...env({ DOTNET_shutdownTimeoutSeconds: "50" }) },
    ["50 s DOTNET_shutdownTimeoutSeconds"],
  ],
  [
    "ASP.NET Core, two that differ",
    env({ ASPNETCORE_SHUTDOWNTIMEOUTSECONDS: "50", DOTNET_SHUTDOWNTIMEOUTSECONDS: "40" }),
    [],
  ],
  [
    "ASP.NET Core, by its arguments, too",
    { command: ["dotnet", "web.dll", "--shutdownTimeoutSeconds=5"], ...env({ DOTNET_SHUTDOWNTIMEOUTSECONDS: "50" }) },
    [],
  ],
  ["ASP.NET Core, a duration", env({ ASPNETCORE_SHUTDOWNTIMEOUTSECONDS: "00:00:50" }), []],

  [
    "Traefik",
    { args: ["--entryPoints.web.address=:80", "--entryPoints.web.transport.lifeCycle.graceTimeOut=40s"] },
    ["40 s --entryPoints.*.transport.lifeCycle"],
  ],
  [
    "Traefik, both times",
    {
      args: [
        "--entrypoints.web.transport.lifecycle.requestacceptgracetimeout=20",
        "--entrypoints.web.transport.lifecycle.gracetimeout=40",
      ],
    },
    ["60 s --entryPoints.*.transport.lifeCycle"],
  ],
  [
    "Traefik, the first time, and its default",
    { args: ["--entrypoints.web.transport.lifecycle.requestacceptgracetimeout=20"] },
    ["30 s --entryPoints.*.transport.lifeCycle"],
  ],
  [
    "Traefik, two entry points at once",
    {
      args: [
        "--entrypoints.a.transport.lifecycle.gracetimeout=40",
        "--entrypoints.b.transport.lifecycle.gracetimeout=1m",
      ],
    },
    ["60 s --entryPoints.*.transport.lifeCycle"],
  ],
  [
    "Traefik with a file",
    { args: ["--configFile=/etc/traefik.yml", "--entrypoints.web.transport.lifecycle.gracetimeout=40"] },
    [],
  ],
  [
    "Traefik with a file that it finds by itself",
    {
      args: ["--entrypoints.web.transport.lifecycle.gracetimeout=40"],
      volumeMounts: [{ name: "v", mountPath: "/etc/traefik" }],
    },
    ["40 s --entryPoints.*.transport.lifeCycle?"],
  ],
  [
    "Traefik with an argument that is unknown",
    { args: ["--entrypoints.web.transport.lifecycle.gracetimeout=40", unknown] },
    ["40 s --entryPoints.*.transport.lifeCycle?"],
  ],
  ["Traefik, no time", { args: ["--entrypoints.web.transport.lifecycle.gracetimeout=soon"] }, []],
  ["Envoy's drain time, which isn't for SIGTERM", { args: ["--drain-time-s", "60"] }, []],
];

/** A container that mounts the ConfigMap "conf" at a folder. */
const mounts = (mountPath: string, more: object = {}, container: object = {}) => ({
  workingDir: "/",
  ...container,
  volumeMounts: [{ name: "v", mountPath, ...more }],
});
const conf = { name: "v", configMap: { name: "conf" } };
const yml = (value: string) => `spring:\n  lifecycle:\n    timeout-per-shutdown-phase: ${value}\n`;
const from = "of ConfigMap shop/conf";

const mounted: [string, object, Around, Answer][] = [
  [
    "application.yml",
    mounts("/app/config", {}, { workingDir: "/app" }),
    { configMaps: { conf: { "application.yml": yml("35s") } } },
    [`35 s application.yml ${from}`],
  ],
  [
    "application.yaml",
    mounts("/config/"),
    { configMaps: { conf: { "application.yaml": yml("35s") } } },
    [`35 s application.yaml ${from}`],
  ],
  [
    "application.properties",
    mounts("/config"),
    { configMaps: { conf: { "application.properties": `# x\nserver.port = 80\n${key}=35s\n` } } },
    [`35 s application.properties ${from}`],
  ],
  [
    "a file somewhere",
    mounts("/etc/app"),
    { configMaps: { conf: { "application.yml": yml("35s") } } },
    [`35 s application.yml ${from}?`],
  ],
  [
    "a file where the app starts",
    mounts("/srv", {}, { workingDir: "/srv" }),
    { configMaps: { conf: { "application.yml": yml("35s") } } },
    [`35 s application.yml ${from}`],
  ],
  ...(
    [
      ["config/ of another folder", {}, "?"],
      ["config/ of a folder that the image decides on", { workingDir: undefined }, "?"],
      ["a location that is named", env({ SPRING_CONFIG_LOCATION: "optional:file:/srv/,file:/app/config/" }), ""],
      ["a file that is named", { args: ["--spring.config.import=/app/config/application.yml"] }, ""],
      ["a location that is added", env({ SPRING_CONFIG_ADDITIONAL_LOCATION: "file:/app/config/" }), ""],
      ["another location", env({ SPRING_CONFIG_LOCATION: "file:/srv/" }, { workingDir: "/app" }), "?"],
      ["another name", env({ SPRING_CONFIG_NAME: "web" }, { workingDir: "/app" }), "?"],
    ] as const
  ).map(([name, container, end]): [string, object, Around, Answer] => [
    name,
    mounts("/app/config", {}, container),
    { configMaps: { conf: { "application.yml": yml("35s") } } },
    [`35 s application.yml ${from}${end}`],
  ]),
  [
    "subPath",
    mounts("/config/application.yml", { subPath: "a.yml" }),
    { configMaps: { conf: { "a.yml": yml("35s") } } },
    [`35 s a.yml ${from}`],
  ],
  [
    "another subPath",
    mounts("/config/application.yml", { subPath: "b.yml" }),
    { configMaps: { conf: { "a.yml": yml("35s") } } },
    [],
  ],
  [
    "subPathExpr",
    mounts("/config", { subPathExpr: "$(X)" }),
    { configMaps: { conf: { "application.yml": yml("35s") } } },
    [],
  ],
  [
    "items",
    mounts("/config"),
    {
      configMaps: { conf: { "a.yml": yml("35s"), "application.yml": yml("99s") } },
      volumes: [{ name: "v", configMap: { name: "conf", items: [{ key: "a.yml", path: "application.yml" }] } }],
    },
    [`35 s a.yml ${from}`],
  ],
  [
    "a projected volume",
    mounts("/config"),
    {
      configMaps: { conf: { "application.yml": yml("35s") } },
      volumes: [{ name: "v", projected: { sources: [{ secret: {} }, { configMap: { name: "conf" } }] } }],
    },
    [`35 s application.yml ${from}`],
  ],
  [
    "a variable over the file",
    mounts("/config", {}, spring("3s")),
    { configMaps: { conf: { "application.yml": yml("35s") } } },
    [`3 s ${phase}`],
  ],
  [
    "a mode in the file",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": "server: { shutdown: graceful }" } } },
    ["30 s Spring Boot's default?"],
  ],
  [
    "a server that stops at once",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": `server.shutdown: immediate\n${yml("35s")}` } } },
    [],
  ],
  [
    "a server that stops at once by a file that the app may not read",
    mounts("/etc/app", {}, spring("35s")),
    { configMaps: { conf: { "application.yml": "server.shutdown: immediate" } } },
    [`35 s ${phase}?`],
  ],
  ...[
    `spring.profiles: prod\n${yml("35s")}`,
    `spring.profiles: [prod, test]\n${yml("35s")}`,
    `spring.config.import: "configserver:"\n${yml("35s")}`,
    `spring.config.import: [more.yml]\n---\n${yml("35s")}`,
  ].map((text): [string, object, Around, Answer] => [
    `a part that may be overruled: ${JSON.stringify(text)}`,
    mounts("/config"),
    { configMaps: { conf: { "application.yml": text } } },
    [],
  ]),
  ...["spring.profiles=prod", "spring.profiles[0]=prod", "spring.config.import=more.properties", "x = a \\"].map(
    (line): [string, object, Around, Answer] => [
      `properties after the line ${line}`,
      mounts("/config"),
      { configMaps: { conf: { "application.properties": `${line}\n${key}=35s` } } },
      [],
    ],
  ),
  [
    "the last document",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": `${yml("35s")}---\n${yml("36s")}` } } },
    [`36 s application.yml ${from}`],
  ],
  [
    "a document of a profile",
    mounts("/config"),
    {
      configMaps: {
        conf: { "application.yml": `${yml("35s")}---\nspring.config.activate.on-profile: prod\n${yml("36s")}` },
      },
    },
    [],
  ],
  [
    "an active profile beside it",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": `${yml("35s")}  profiles:\n    active: prod\n` } } },
    [`35 s application.yml ${from}`],
  ],
  [
    "a profile's own file",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": yml("35s"), "application-prod.yml": yml("36s") } } },
    [],
  ],
  [
    "a part of a profile in properties",
    mounts("/config"),
    {
      configMaps: {
        conf: { "application.properties": `${key}=35s\n#---\nspring.config.activate.on-profile=prod\n${key}=36s` },
      },
    },
    [],
  ],
  [
    "two files that differ",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": yml("35s"), "application.properties": `${key}=36s` } } },
    [],
  ],
  ["a placeholder", mounts("/config"), { configMaps: { conf: { "application.yml": yml('"${T:30s}"') } } }, []],
  ["broken YAML", mounts("/config"), { configMaps: { conf: { "application.yml": "spring: [\n" + yml("35s") } } }, []],
  [
    "a million lines",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": `${"#\n".repeat(1_000_000)}${yml("35s")}` } } },
    [],
  ],
  [
    "data that isn't known",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": yml("35s"), other: unknown } } },
    [],
  ],
  ["a ConfigMap that isn't in the stack", mounts("/config"), {}, []],
  [
    "a ConfigMap of another namespace",
    mounts("/config"),
    { more: [configMap("conf", { "application.yml": yml("35s") }, "other")] },
    [],
  ],
  [
    "a ConfigMap that is there twice",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": yml("35s") } }, more: [configMap("conf", {})] },
    [],
  ],
  [
    "a ConfigMap that a patch changes",
    mounts("/config"),
    { configMaps: { conf: { "application.yml": yml("35s") } }, more: [{ ...configMap("conf", {}), isPatch: true }] },
    [],
  ],

  [
    "envFrom",
    { envFrom: [{ configMapRef: { name: "conf" } }] },
    { configMaps: { conf: { [phase]: "35s" } } },
    [`35 s ${phase}`],
  ],
  [
    "envFrom with a prefix",
    { envFrom: [{ prefix: "SPRING_", configMapRef: { name: "conf" } }] },
    { configMaps: { conf: { [phase.slice(7)]: "35s" } } },
    [`35 s ${phase}`],
  ],
  [
    "env over envFrom",
    { ...spring("3s"), envFrom: [{ configMapRef: { name: "conf" } }] },
    { configMaps: { conf: { [phase]: "35s" } } },
    [`3 s ${phase}`],
  ],
  [
    "the last of envFrom",
    { envFrom: [{ configMapRef: { name: "conf" } }, { configMapRef: { name: "more" } }] },
    { configMaps: { conf: { [phase]: "35s" }, more: { [phase]: "36s" } } },
    [`36 s ${phase}`],
  ],
  [
    "a secret after it",
    { envFrom: [{ configMapRef: { name: "conf" } }, { secretRef: { name: "s" } }] },
    { configMaps: { conf: { [phase]: "35s" } } },
    [],
  ],
  [
    "a secret before it",
    { envFrom: [{ secretRef: { name: "s" } }, { configMapRef: { name: "conf" } }] },
    { configMaps: { conf: { [phase]: "35s" } } },
    [`35 s ${phase}`],
  ],
  [
    "configMapKeyRef",
    { env: [{ name: phase, valueFrom: { configMapKeyRef: { name: "conf", key: "t" } } }] },
    { configMaps: { conf: { t: "35s" } } },
    [`35 s ${phase}`],
  ],
  [
    "configMapKeyRef without the key",
    { env: [{ name: phase, valueFrom: { configMapKeyRef: { name: "conf", key: "u" } } }] },
    { configMaps: { conf: { t: "35s" } } },
    [],
  ],

  [
    "nginx",
    mounts("/etc/nginx/nginx.conf", { subPath: "nginx.conf" }, { image: "nginx:1.27" }),
    { configMaps: { conf: { "nginx.conf": "user nginx;\nworker_shutdown_timeout 40s;\n" } } },
    [`40 s worker_shutdown_timeout in nginx.conf ${from}`],
  ],
  [
    "nginx of another image",
    mounts("/etc/nginx", {}, { image: "web:1" }),
    { configMaps: { conf: { "nginx.conf": "worker_shutdown_timeout 2m;" } } },
    [`120 s worker_shutdown_timeout in nginx.conf ${from}?`],
  ],
  ...(
    [
      [{ image: "docker.io/library/nginx:1.27@sha256:0" }, ""],
      [{ image: "mirror.acme.io/library/nginx:stable" }, ""],
      [{ image: "nginx", command: ["nginx", "-g", "daemon off;"] }, ""],
      [{ image: "nginx", command: ["nginx", "-c", "/etc/nginx/nginx.conf"] }, ""],
      [{ image: "nginx", command: ["nginx", "-c", "/conf/nginx.conf"] }, "?"],
      [{ image: "nginx", command: ["/exporter"] }, "?"],
      // Their stop signal is SIGTERM.
      [{ image: "bitnami/nginx:1.27" }, "?"],
      [{ image: "nginx:1.18-alpine" }, "?"],
      [{ image: "acme.io/web/nginx:1.27" }, "?"],
    ] as const
  ).map(([container, end]): [string, object, Around, Answer] => [
    `nginx: ${JSON.stringify(container)}`,
    mounts("/etc/nginx", {}, container),
    { configMaps: { conf: { "nginx.conf": "worker_shutdown_timeout 2m;" } } },
    [`120 s worker_shutdown_timeout in nginx.conf ${from}${end}`],
  ]),
  [
    "nginx's file where it doesn't look",
    mounts("/templates", {}, { image: "nginx" }),
    { configMaps: { conf: { "nginx.conf": "worker_shutdown_timeout 2m;" } } },
    [`120 s worker_shutdown_timeout in nginx.conf ${from}?`],
  ],
  [
    "nginx with another stop signal",
    mounts("/etc/nginx", {}, { image: "nginx", lifecycle: { stopSignal: "SIGTERM" } }),
    { configMaps: { conf: { "nginx.conf": "worker_shutdown_timeout 2m;" } } },
    [`120 s worker_shutdown_timeout in nginx.conf ${from}?`],
  ],
  [
    "nginx, in a comment",
    mounts("/etc/nginx", {}, { image: "nginx" }),
    { configMaps: { conf: { "nginx.conf": "# worker_shutdown_timeout 2m;" } } },
    [],
  ],
  [
    "HAProxy, in milliseconds",
    mounts("/usr/local/etc/haproxy", {}, { image: "haproxy:3.0" }),
    { configMaps: { conf: { "haproxy.cfg": "global\n  hard-stop-after 45000\n" } } },
    [`45 s hard-stop-after in haproxy.cfg ${from}`],
  ],
  [
    "PHP-FPM",
    mounts("/usr/local/etc/php-fpm.d", {}, { image: "php:8.3-fpm" }),
    { configMaps: { conf: { "zz.conf": "[global]\nprocess_control_timeout = 20\n" } } },
    [`20 s process_control_timeout in zz.conf ${from}`],
  ],
  [
    "a worker in PHP-FPM's image",
    mounts("/usr/local/etc/php-fpm.d", {}, { image: "php:8.3-fpm", command: ["php", "artisan", "queue:work"] }),
    { configMaps: { conf: { "zz.conf": "[global]\nprocess_control_timeout = 20\n" } } },
    [`20 s process_control_timeout in zz.conf ${from}?`],
  ],
  [
    "PHP-FPM, a line of blanks",
    mounts("/usr/local/etc/php-fpm.d"),
    { configMaps: { conf: { "zz.conf": " ".repeat(99_000) + "\n" } } },
    [],
  ],
];

const injected: [string, Record<string, unknown>, Answer][] = [
  [
    "Dapr",
    { "dapr.io/enabled": "true", "dapr.io/graceful-shutdown-seconds": "25" },
    ["25 s dapr.io/graceful-shutdown-seconds?", "proxy 25 s dapr.io/graceful-shutdown-seconds?"],
  ],
  [
    "Dapr that waits for the app",
    { "dapr.io/enabled": "true", "dapr.io/graceful-shutdown-seconds": "25", "dapr.io/block-shutdown-duration": "20s" },
    ["25 s dapr.io/graceful-shutdown-seconds?", "proxy 45 s dapr.io/graceful-shutdown-seconds?"],
  ],
  [
    "Dapr that waits for the app alone",
    { "dapr.io/enabled": "true", "dapr.io/block-shutdown-duration": "90s" },
    ["proxy 90 s dapr.io/block-shutdown-duration?"],
  ],
  ["Dapr that isn't enabled, and would wait", { "dapr.io/block-shutdown-duration": "90s" }, []],
  ["Dapr that isn't enabled", { "dapr.io/graceful-shutdown-seconds": "25" }, []],
  ["Dapr, no number", { "dapr.io/enabled": "true", "dapr.io/graceful-shutdown-seconds": "25s" }, []],
  ["Istio", { "proxy.istio.io/config": "terminationDrainDuration: 45s\n" }, ["proxy 45 s proxy.istio.io/config?"]],
  [
    "Istio in JSON",
    { "proxy.istio.io/config": '{ "terminationDrainDuration": "45s" }' },
    ["proxy 45 s proxy.istio.io/config?"],
  ],
  [
    "Istio that may end sooner",
    {
      "proxy.istio.io/config":
        'terminationDrainDuration: 45s\nproxyMetadata: { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true" }',
    },
    ["proxy 5 s proxy.istio.io/config?"],
  ],
  ["Istio, in a comment", { "proxy.istio.io/config": "# terminationDrainDuration: 45s" }, []],
  [
    "Istio that isn't injected",
    { "sidecar.istio.io/inject": "false", "proxy.istio.io/config": "terminationDrainDuration: 45s" },
    [],
  ],
  [
    "Linkerd that isn't injected",
    { "linkerd.io/inject": "disabled", "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "40" },
    [],
  ],
  [
    "Linkerd",
    { "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "40" },
    ["proxy 40 s config.alpha.linkerd.io/proxy-wait-before-exit-seconds?"],
  ],
  ["an annotation that is unknown", { "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": unknown }, []],
];

describe("an app's own budget", () => {
  for (const [name, container, answer] of alone) it(name, () => assert.deepEqual(budgets(container), answer));

  for (const [name, container, around, answer] of mounted) {
    it(name, () => assert.deepEqual(budgets(container, { volumes: [conf], ...around }), answer));
  }

  for (const [name, annotations, answer] of injected)
    it(name, () => assert.deepEqual(budgets({}, { annotations }), answer));

  describe("isn't read from a secret:", () => {
    const hiding = (...path: string[]) => {
      const secrets = new Secrets();
      secrets.add(path, "x");
      return secrets;
    };
    const web = ["spec", "template", "spec", "containers", "0"];
    it("the value", () =>
      assert.deepEqual(budgets(spring("30s"), { secrets: hiding(...web, "env", "0", "value") }), []));
    it("the name of any variable", () =>
      assert.deepEqual(budgets(spring("30s", { X: "y" }), { secrets: hiding(...web, "env", "1", "name") }), []));
    it("another value", () =>
      assert.deepEqual(budgets(spring("30s", { X: "y" }), { secrets: hiding(...web, "env", "1", "value") }), [
        `30 s ${phase}`,
      ]));
    it("a word of the command", () =>
      assert.deepEqual(
        budgets({ command: ["gunicorn", "--graceful-timeout", "120"] }, { secrets: hiding(...web, "command", "2") }),
        [],
      ));
    it("the containers", () =>
      assert.deepEqual(budgets(spring("30s"), { secrets: hiding("spec", "template", "spec") }), []));
    it("an annotation", () => {
      const annotations = { "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "40" };
      const secrets = hiding("spec", "template", "metadata", "annotations");
      assert.deepEqual(budgets({}, { annotations, secrets }), []);
    });
    it("a ConfigMap", () => {
      const more = [{ ...configMap("conf", { [phase]: "35s" }), secrets: hiding("data", "other") }];
      assert.deepEqual(budgets({ envFrom: [{ configMapRef: { name: "conf" } }] }, { more }), []);
    });
  });

  it("is none of a patch", () => {
    const spec = { containers: [{ name: "web", ...spring("30s") }] };
    const body = { apiVersion: "apps/v1", kind: "Deployment", metadata: {}, spec: { template: { spec } } };
    const workload = readWorkload({ ...read(body), isPatch: true });
    assert.ok(workload && isKnown(workload.pod.containers));
    assert.deepEqual(workload.pod.containers.flatMap(budgetsOf(workload).ofContainer), []);
  });

  it("is a number that can be meant, whatever the text", () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[\dPTHMSpthmsd.+-]{0,12}$/),
      fc.stringMatching(/^(--graceful-timeout|-c|"|'|\\| |=|\d){0,12}$/),
    );
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(
          phase,
          "QUARKUS_SHUTDOWN_TIMEOUT",
          "GUNICORN_CMD_ARGS",
          "JAVA_TOOL_OPTIONS",
          "SPRING_APPLICATION_JSON",
        ),
        (value, name) => {
          const answers = [
            ...budgets({ ...env({ [name]: value }), command: ["gunicorn", value, "--graceful-timeout", value] }),
            ...budgets({ command: ["sh", "-c", value] }),
            ...budgets(mounts("/config"), {
              volumes: [conf],
              configMaps: { conf: { "application.yml": value, "application.properties": value } },
            }),
            ...budgets(
              {},
              {
                annotations: {
                  "proxy.istio.io/config": value,
                  "dapr.io/enabled": "true",
                  "dapr.io/graceful-shutdown-seconds": value,
                },
              },
            ),
          ];
          for (const answer of answers) {
            const [, seconds] = /^(?:proxy )?(\S+) s /.exec(answer) ?? [];
            assert.ok(Number(seconds) >= 0 && Number(seconds) <= 86_400, answer);
          }
        },
      ),
    );
  });
});

/**
 * The plugins of APISIX, and the hosts that each sends requests to: data, read from the schemas in apache/apisix
 * apisix/plugins/*.lua and from how their code uses the fields. No registry has these schemas as a package. docs/routing.md
 * lists the table (`npm run docs:plugins`).
 *
 * A plugin with an empty list is known to send nothing to a host of its own; it may name one nonetheless, as
 * `proxy-rewrite` names a Host header. Plugins that run code (`serverless-*`, `ext-plugin-*`, `mcp-bridge`,
 * `exit-transformer`) can send anything anywhere, and aren't listed.
 */

/** The version of APISIX that the table is of. */
export const apisixVersion = "3.18.0";

/** Where in a plugin's configuration a host stands. `[]` stands for each element of a list. */
export interface HostField {
  /** A URL, `host:port` or a host; of an object `{host: port}` (`map`), each key. */
  url: string;
  map?: true;
  /** Where the port stands, if the host and it are two fields. */
  port?: string;
  /** No client waits for the answer. */
  told?: true;
  /** It stands in the plugin's metadata, which all plugins of the name share. */
  metadata?: true;
  /** It is used only while this field has this value. */
  only?: readonly [field: string, value: string];
}

/** `policy` is `local` by default, which uses none. Source: apisix/utils/redis-schema.lua. */
const redis: readonly HostField[] = [
  { url: "redis_host", port: "redis_port", only: ["policy", "redis"] },
  { url: "redis_cluster_nodes[]", only: ["policy", "redis-cluster"] },
];

/** Source: apisix/plugins/limit-count/init.lua. */
const redisOfCounters: readonly HostField[] = [
  ...redis,
  { url: "redis_sentinels[].host", port: "redis_sentinels[].port", only: ["policy", "redis-sentinel"] },
];

const functionUri: readonly HostField[] = [{ url: "function_uri" }];
const socket: readonly HostField[] = [{ url: "host", port: "port", told: true }];

export const pluginHosts: Readonly<Record<string, readonly HostField[]>> = {
  acl: [],
  "ai-aliyun-content-moderation": [{ url: "endpoint" }],
  "ai-aws-content-moderation": [{ url: "comprehend.endpoint" }],
  "ai-cache": [
    { url: "redis_host", port: "redis_port" },
    { url: "semantic.embedding.openai.endpoint" },
    { url: "semantic.embedding.azure_openai.endpoint" },
  ],
  "ai-lakera-guard": [{ url: "lakera_endpoint" }],
  "ai-prompt-decorator": [],
  "ai-prompt-guard": [],
  "ai-prompt-template": [],
  "ai-proxy": [{ url: "override.endpoint" }],
  "ai-proxy-multi": [{ url: "instances[].override.endpoint" }, { url: "semantic_opts.embeddings.endpoint" }],
  "ai-rag": [
    { url: "embeddings_provider.azure_openai.endpoint" },
    { url: "vector_search_provider.azure_ai_search.endpoint" },
  ],
  "ai-rate-limiting": redisOfCounters,
  "ai-request-rewrite": [{ url: "override.endpoint" }],
  "api-breaker": [],
  "attach-consumer-label": [],
  "authz-casbin": [],
  "authz-casdoor": [{ url: "endpoint_addr" }],
  "authz-keycloak": [{ url: "discovery" }, { url: "token_endpoint" }, { url: "resource_registration_endpoint" }],
  "aws-lambda": functionUri,
  "azure-functions": functionUri,
  "basic-auth": [],
  // It sends requests to APISIX itself.
  "batch-requests": [],
  "body-transformer": [],
  brotli: [],
  "cas-auth": [{ url: "idp_uri" }],
  "chaitin-waf": [{ url: "nodes[].host", port: "nodes[].port", metadata: true }],
  "clickhouse-logger": [
    { url: "endpoint_addr", told: true },
    { url: "endpoint_addrs[]", told: true },
  ],
  "client-control": [],
  "consumer-restriction": [],
  cors: [],
  csrf: [],
  "data-mask": [],
  datadog: [{ url: "host", port: "port", told: true, metadata: true }],
  degraphql: [],
  "dingtalk-auth": [{ url: "access_token_url" }, { url: "userinfo_url" }],
  "dubbo-proxy": [],
  echo: [],
  "elasticsearch-logger": [
    { url: "endpoint_addr", told: true },
    { url: "endpoint_addrs[]", told: true },
  ],
  "error-log-logger": [
    { url: "tcp.host", port: "tcp.port", told: true, metadata: true },
    { url: "skywalking.endpoint_addr", told: true, metadata: true },
    { url: "clickhouse.endpoint_addr", told: true, metadata: true },
    { url: "kafka.brokers[].host", port: "kafka.brokers[].port", told: true, metadata: true },
  ],
  "error-page": [],
  "fault-injection": [],
  "feishu-auth": [{ url: "access_token_url" }, { url: "userinfo_url" }],
  "file-logger": [],
  "forward-auth": [{ url: "uri" }],
  gm: [],
  "google-cloud-logging": [
    { url: "auth_config.token_uri", told: true },
    { url: "auth_config.entries_uri", told: true },
  ],
  "graphql-limit-count": redisOfCounters,
  "graphql-proxy-cache": [],
  "grpc-transcode": [],
  "grpc-web": [],
  gzip: [],
  "hmac-auth": [],
  // Its host is the upstream's.
  "http-dubbo": [],
  "http-logger": [{ url: "uri", told: true }],
  inspect: [],
  "ip-restriction": [],
  "jwe-decrypt": [],
  "jwt-auth": [],
  "kafka-logger": [
    { url: "brokers[].host", port: "brokers[].port", told: true },
    { url: "broker_list", map: true, told: true },
  ],
  "kafka-proxy": [],
  "key-auth": [],
  lago: [{ url: "endpoint_addrs[]", told: true }],
  "ldap-auth": [{ url: "ldap_uri" }],
  "ldap-auth-advanced": [{ url: "ldap_uri" }],
  "limit-conn": redis,
  "limit-count": redisOfCounters,
  "limit-req": redis,
  "log-rotate": [],
  loggly: [{ url: "host", port: "port", told: true, metadata: true }],
  "loki-logger": [{ url: "endpoint_addrs[]", told: true }],
  mocking: [],
  "mqtt-proxy": [],
  "node-status": [],
  "oas-validator": [{ url: "spec_url" }],
  "ocsp-stapling": [],
  opa: [{ url: "host" }],
  openfunction: functionUri,
  "openid-connect": [
    { url: "discovery" },
    { url: "introspection_endpoint" },
    { url: "par.endpoint" },
    { url: "proxy_opts.http_proxy" },
    { url: "proxy_opts.https_proxy" },
    { url: "session.redis.host", port: "session.redis.port", only: ["session.storage", "redis"] },
  ],
  opentelemetry: [{ url: "collector.address", told: true, metadata: true }],
  openwhisk: [{ url: "api_host" }],
  prometheus: [],
  "proxy-buffering": [],
  "proxy-cache": [],
  "proxy-control": [],
  "proxy-mirror": [{ url: "host", told: true }],
  "proxy-rewrite": [],
  "public-api": [],
  "real-ip": [],
  redirect: [],
  "referer-restriction": [],
  "request-id": [],
  "request-validation": [],
  "response-rewrite": [],
  "rocketmq-logger": [{ url: "nameserver_list[]", told: true }],
  // The browser goes to its `idp_uri`, and APISIX doesn't.
  "saml-auth": [],
  "server-info": [],
  // Its collector stands in APISIX's config.yaml.
  skywalking: [],
  "skywalking-logger": [{ url: "endpoint_addr", told: true }],
  "sls-logger": socket,
  "splunk-hec-logging": [{ url: "endpoint.uri", told: true }],
  syslog: socket,
  "tcp-logger": socket,
  "tencent-cloud-cls": [{ url: "cls_host", told: true }],
  "traffic-label": [],
  "ua-restriction": [],
  "udp-logger": socket,
  "uri-blocker": [],
  "wolf-rbac": [{ url: "server" }],
  zipkin: [{ url: "endpoint", told: true }],
};

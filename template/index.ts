import { createPack } from "apisix-graceful-termination";

// Settings for all policies, and what the pack calls itself; docs/settings.md of apisix-graceful-termination has them all.
createPack({ sleepSeconds: 10, maxGracePeriodSeconds: 300 }, { name: "acme-graceful-termination" });

import assert from "node:assert/strict";
import { buildReport, emptyReading } from "../../src/report/model";
import { summary, text } from "../../src/report/text";
import { aFinding, aHookRepair, aRepair, fullReport, hostile, reportFull } from "./samples";

describe("report/text", () => {
  it("tells everything, grouped by resource", () => {
    assert.equal(
      text(fullReport()),
      `Stack shop/dev

Deployment shop/web
  mandatory  Container "web" gets SIGTERM at once when its Pod terminates, while APISIX may send it requests for 5 s more.  pre-stop-sleep
    ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web
    Fix: lifecycle.preStop.sleep.seconds: 5 on "web".
    docs/policies/pre-stop-sleep.md

ApisixRoute shop/cart
  advisory  Service "cart" is not in this stack, so its workloads can't be judged.  apisix-route-blind-spots service-not-in-stack
    at manifests/shop web/routes.yaml:12:3
    Fix: add Service "cart" to the stack.
    https://example.org/docs/findings.md#service-not-in-stack

Deployment shop/api
  rolls out  termination-grace-period
    spec.template.spec.terminationGracePeriodSeconds: 30 s → 45 s

Deployment legacy/old
  exempted  Container "web" gets SIGTERM at once when its Pod terminates, while APISIX may send it requests for 5 s more.  pre-stop-sleep
    ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web
    Reason: Drains by itself. (until 2027-01-31)
    Fix: lifecycle.preStop.sleep.seconds: 5 on "web".
    docs/policies/pre-stop-sleep.md

Not read: events.jsonl:7: This line is a damaged event: it is not JSON.
3 findings of the pack company-pack are not shown.
1 mandatory and 1 advisory findings on 2 resources, 1 exempted, 1 repair (1 rolls out), 12 resources judged.
`,
    );
  });

  it("shows the repairs as code for the program if asked", () => {
    const report = buildReport([{ ...emptyReading(), repairs: [aRepair(), aHookRepair()] }]);
    assert.equal(
      text(report, { program: "yaml" }),
      `Stack shop/dev

Deployment shop/api
  rolls out  termination-grace-period
    spec.template.spec.terminationGracePeriodSeconds: 30 s → 45 s
  rolls out  pre-stop-sleep
    spec.template.spec.containers["web"].lifecycle.preStop.sleep.seconds: 5 s (added)
  In the program:
    spec:
      template:
        spec:
          terminationGracePeriodSeconds: 45
          containers:
            - name: web
              lifecycle:
                preStop:
                  sleep:
                    seconds: 5

No findings, 2 repairs (2 roll out).
`,
    );
    assert.doesNotMatch(text(report), /In the program/);
  });

  it("says of a repair that isn't made what it would change, and that a secret hides it", () => {
    const repairs = [
      aHookRepair("web", { outcome: "would-be-repaired" }),
      aRepair({ outcome: "unchanged", changes: [] }),
    ];
    assert.equal(
      text(buildReport([{ ...emptyReading(), repairs }])),
      `Stack shop/dev

Deployment shop/api
  remediate  The pack would repair the preStop hook of container "web". An analysis changes nothing: the deployed Pods run without the repair.  pre-stop-sleep
    Fix: run pulumi up with the pack, or write it into the program: spec.template.spec.containers["web"].lifecycle.preStop.sleep.seconds: 5 s
  would be repaired  pre-stop-sleep
    spec.template.spec.containers["web"].lifecycle.preStop.sleep.seconds: 5 s (added)
  unchanged  termination-grace-period
    what it changes is hidden by a secret

1 mandatory finding on 1 resource, 1 repair (1 unchanged), 1 would be repaired.
`,
    );
  });

  it("colors only when asked, and says the same", () => {
    const colored = text(fullReport(), { color: true });
    assert.match(colored, /\u001b\[31mmandatory\u001b\[0m/);
    assert.equal(colored.replace(/\u001b\[\d+m/g, ""), text(fullReport()));
  });

  for (const payload of hostile) {
    it(`sends no control codes to the terminal: ${JSON.stringify(payload.slice(0, 40))}`, () => {
      const shown = text(reportFull(payload), { program: "python" });
      assert.doesNotMatch(shown, /(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    });
  }

  it("one line sums it up", () => {
    const of = (...findings: ReturnType<typeof aFinding>[]) => summary(buildReport([{ ...emptyReading(), findings }]));
    assert.equal(of(), "No findings.");
    assert.equal(of(aFinding()), "1 mandatory finding on 1 resource.");
    assert.equal(of(aFinding({ level: "advisory" })), "1 advisory finding on 1 resource.");
    assert.equal(of(aFinding({ suppressed: { reason: "r" } })), "No findings, 1 exempted.");
  });
});

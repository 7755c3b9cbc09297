import assert from "node:assert/strict";
import { hasColor, processIo, progress, type Io } from "../../src/cli/io";

function terminal(isTerminal: boolean, env: NodeJS.ProcessEnv = {}): Io & { said: string } {
  const io = {
    ...processIo,
    said: "",
    env,
    isTerminal: { stdout: isTerminal, stderr: isTerminal },
    stderr: (text: string) => void (io.said += text),
  };
  return io;
}

describe("progress", () => {
  const now = Date.now;
  afterEach(() => (Date.now = now));

  const after = (milliseconds: number, io: Io & { said: string }): string => {
    const started = now();
    Date.now = () => started;
    const shown = progress(io);
    Date.now = () => started + milliseconds;
    shown.say("Reading a\u001b[31m.yaml");
    shown.end();
    return io.said;
  };

  it("tells on a terminal what takes longer than a second, and clears its line", () => {
    assert.equal(after(1001, terminal(true)), "\r\u001b[KReading a\ufffd[31m.yaml\r\u001b[K");
  });
  it("is silent before, and where nobody looks", () => {
    assert.equal(after(999, terminal(true)), "");
    assert.equal(after(5000, terminal(false)), "");
  });
});

describe("colors", () => {
  const cases: [env: NodeJS.ProcessEnv, isTerminal: boolean, expected: boolean][] = [
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ TERM: "dumb" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
  ];
  for (const [env, isTerminal, expected] of cases) {
    it(`${JSON.stringify(env)} ${isTerminal ? "on a terminal" : "in a pipe"}: ${expected ? "yes" : "no"}`, () => {
      assert.equal(hasColor(terminal(isTerminal, env)), expected);
    });
  }
});

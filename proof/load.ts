/** Requests at a steady rate, whether or not earlier ones are answered, and what became of each. */
import { Agent, request as httpRequest } from "node:http";

export interface Request {
  /** When it was sent: Unix time in milliseconds. */
  sent: number;
  /** The status; undefined where there was no answer. */
  status?: number;
}

/** The app answers with 200 always. */
export const isLost = ({ status }: Request) => status !== 200;

/** No run sends more, whatever else goes wrong. */
const most = 50_000;
/** How long an answer may take: a slow one, twice. Milliseconds. */
const patience = 30_000;

/** So many GETs, and then so many POSTs: with another number they could fall in step with the nodes. */
const inRow = 7;

/** Sends GETs and POSTs, half of each, until it is stopped; `stop` waits for the answers. */
export function startLoad(url: string, perSecond: number): { stop: () => Promise<Request[]> } {
  const agent = new Agent({ keepAlive: true });
  const requests: Promise<Request>[] = [];
  const started = performance.now();
  const timer = setInterval(() => {
    const due = Math.min(most, ((performance.now() - started) / 1000) * perSecond);
    while (requests.length < due) {
      requests.push(send(agent, url, Math.floor(requests.length / inRow) % 2 === 0 ? "GET" : "POST"));
    }
  }, 5);
  return {
    stop: async () => {
      clearInterval(timer);
      const all = await Promise.all(requests);
      agent.destroy();
      return all;
    },
  };
}

function send(agent: Agent, url: string, method: "GET" | "POST"): Promise<Request> {
  const sent = Date.now();
  return new Promise((resolve) => {
    const done = (status?: number) => resolve({ sent, ...(status === undefined ? {} : { status }) });
    const asked = httpRequest(url, { agent, method, signal: AbortSignal.timeout(patience) }, (answer) => {
      answer.resume();
      answer.on("end", () => done(answer.statusCode));
      answer.on("error", () => done());
    });
    asked.on("error", () => done());
    asked.end(method === "POST" ? "1 umbrella" : undefined);
  });
}

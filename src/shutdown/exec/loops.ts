/** Loops: round by round, until nothing new comes of another one. */
import { forEach, join, lose, merge, nowhere, sameShape, type Note, type State } from "./state";

/** Rounds of one loop that are followed at most. */
const mostRounds = 2_000;

/** What one test of a loop leads to: the state after it, and whether the loop goes on, ends, or perhaps either. */
export interface Test {
  tested: State;
  stays: State[];
  leaves: State[];
}

export interface Loop {
  test: (head: State, round: number) => Test[];
  body: (each: State) => State[];
  /** Done after each round, also after `continue`. */
  update?: (each: State) => State[];
  /** Rounds that are known to come, each with a value of its own. */
  known?: number;
  note: (note: Note) => void;
}

/**
 * Follows a loop round by round. Where a round changes nothing but the time, so does every further one: the loop may
 * go on for any time, or forever.
 */
export function followLoop(state: State, { test, body, update = (each) => [each], known = 0, note }: Loop): State[] {
  const after: State[] = [];
  let heads: State[] = [state];
  let widened = false;
  for (let round = 0; heads.length > 0; round++) {
    if (round > mostRounds + known) {
      note("large");
      return merge([...after, ...heads.map(lose)]);
    }
    const begun: State[] = [];
    let left = 0;
    const next: State[] = [];
    for (const head of heads) {
      for (const { tested, stays, leaves } of test(head, round)) {
        if (tested.flow !== "next") {
          const ended = leaveLoop(tested);
          if (tested.flow === "break") left++;
          if (ended.flow === "next" && tested.flow === "continue") next.push(ended);
          else after.push(ended);
          continue;
        }
        begun.push(...stays);
        left += leaves.length;
        after.push(...leaves.map((leaf): State => ({ ...leaf, success: round === 0 ? true : head.success })));
      }
    }
    for (const each of forEach(merge(begun), body)) {
      if (each.flow === "break") {
        left++;
        after.push(leaveLoop(each));
      } else if (each.flow === "continue" && each.levels <= 1) {
        next.push(...update({ ...each, flow: "next", levels: 0 }));
      } else if (each.flow === "next") {
        next.push(...update(each));
      } else {
        after.push(leaveLoop(each));
      }
    }
    const ended = next.filter((each) => each.flow !== "next");
    after.push(...ended);
    const merged = merge(next.filter((each) => each.flow === "next"));
    if (round >= known && sameHeads(heads, merged)) {
      if (widened) {
        note("loop");
        if (left === 0) after.push(...merged.map((head): State => ({ ...head, time: nowhere, flow: "never" })));
        return merge(after);
      }
      widened = true;
      heads = merged.map((each) => {
        const before = heads.find((head) => sameShape(head, each)) ?? each;
        const both = join(before, each);
        return {
          ...both,
          time: { atLeast: both.time.atLeast, atMost: Infinity },
          background: each.background > before.background ? Infinity : both.background,
          piped: each.piped > before.piped ? Infinity : both.piped,
        };
      });
    } else {
      widened = false;
      heads = merged;
    }
    if (after.length > 64) after.splice(0, after.length, ...merge(after));
  }
  return merge(after);
}

/** `break` and `continue` reach the loop, or go on to the next one outside. */
function leaveLoop(state: State): State {
  if (state.flow !== "break" && state.flow !== "continue") return state;
  if (state.levels > 1) return { ...state, levels: state.levels - 1 };
  return { ...state, flow: "next", levels: 0 };
}

function sameHeads(a: readonly State[], b: readonly State[]): boolean {
  return b.length > 0 && b.every((each) => a.some((other) => sameShape(each, other)));
}

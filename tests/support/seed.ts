/**
 * The seed of everything that tests make at random. It is fixed, so that a run can be repeated and a failure is of the
 * change at hand; `SEED=random` looks for new cases, and says which seed found one. Loaded before all tests.
 */
import * as fc from "fast-check";

const given = process.env.SEED ?? "20261122";

export const seed = given === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(given);
if (!Number.isSafeInteger(seed)) throw new Error(`SEED=${given}: a whole number, or "random"`);
if (given === "random") console.log(`SEED=${seed}`);

fc.configureGlobal({ seed });

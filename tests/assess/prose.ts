import assert from "node:assert/strict";

/** What native speakers stumble over, and British spelling. */
const banned =
  /\b(told|said aloud|whom|nobody|anew|meant|is no|are no|says? nothing|nothing to say|(un)?judged?|colou[r]|behaviou[r]|favour|catalogue)\b|\bmay not be\b|\breplace\w* .* by\b/i;
/** Labels that others put before the text. */
const label = /\b(Fix|Help|More|Note):/;

/** Whole sentences that a native speaker doesn't stumble over. */
export function isGoodProse(text: string): void {
  assert.match(text, /^\S.*[.]$/s, text);
  assert.doesNotMatch(text, banned);
  assert.doesNotMatch(text, label);
  assert.doesNotMatch(text, /undefined|null|NaN|\[object|\n| {2}|\.\./, text);
  const [longest = 0] = text
    .split(/(?<=[.:]) /)
    .map((sentence) => sentence.length)
    .sort((a, b) => b - a);
  assert.ok(longest <= 190, `${longest} characters in a sentence of: ${text}`);
}

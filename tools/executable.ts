/** What the executable pack starts: run-policy-pack of the SDK does no more for a pack in JavaScript. */
import { createPack } from "../index";

createPack();

/** How Pulumi marks special values, on the wire as in a state (sdk/go/common/resource/sig). */

/** The key that tells a special value from an object. */
export const signature = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** The greatest number of a field. */
export const numberMax = 536_870_911
export const int32Max = 2_147_483_647
/** How deep messages, values of options and groups may be nested. */
export const depthMax = 32
/** Messages, fields, enums, their values, services and methods of one file. */
export const elementsMax = 10_000
/** What one message or enum reserves or keeps for extensions. */
export const rangesMax = 5_000
/** Files that a schema needs, with itself. */
export const filesMax = 200
/** Of the name of a package; protoc has the same limits. */
export const packageLengthMax = 511
export const packagePartsMax = 101
/** Of a whole name, with its package. */
export const nameLengthMax = 1_000
/** Of one thing. */
export const optionsMax = 500

/**
 * Choices that are made once and kept in the state, by what was chosen (`image/host/arm64`): AWS's "recommended" image moves
 * on, regions get zones, and nobody's nodes shall restart for it.
 */
export type Pins = Readonly<Record<string, string>>;

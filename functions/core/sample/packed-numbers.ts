/** Two counts in three bytes. */
export function setCounts(view: DataView, at: number, first: number, second: number): void {
  setUint24(view, at, toTwelveBits(first) * 2 ** 12 + toTwelveBits(second));
}

/** As `setCounts` wrote them. */
export function getCounts(view: DataView, at: number): [number, number] {
  const both = getUint24(view, at);
  return [fromTwelveBits(both >>> 12), fromTwelveBits(both & 0xfff)];
}

/** Exact below 2,048; from there on eight significant bits and a shift, and never out of order. */
function toTwelveBits(count: number): number {
  const whole = clamped(count, 26);
  if (whole < 2048) return whole;
  let shift = 4;
  while (Math.round(whole / 2 ** shift) > 255) shift += 1;
  return 2048 + (shift - 4) * 128 + Math.round(whole / 2 ** shift) - 128;
}

function fromTwelveBits(bits: number): number {
  return bits < 2048 ? bits : (128 + (bits & 127)) * 2 ** (4 + ((bits >>> 7) & 15));
}

/** A mean in three bytes, to a sixteenth. */
export function setSixteenths(view: DataView, at: number, value: number): void {
  setUint24(view, at, clamped(value * 16, 24));
}

/** As `setSixteenths` wrote it. */
export function getSixteenths(view: DataView, at: number): number {
  return getUint24(view, at) / 16;
}

function setUint24(view: DataView, at: number, value: number): void {
  view.setUint8(at, value >>> 16);
  view.setUint16(at + 1, value & 0xffff);
}

function getUint24(view: DataView, at: number): number {
  return view.getUint8(at) * 2 ** 16 + view.getUint16(at + 1);
}

/** The nearest whole number that so many bits can hold. */
export function clamped(value: number, bits: number): number {
  return Math.min(2 ** bits - 1, Math.max(0, Math.round(value)));
}

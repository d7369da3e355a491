/** Bytes of chance; node:crypto's randomBytes outside of tests. */
export type RandomBytes = (size: number) => Uint8Array;

/** Letters and digits: nothing that a shell, a URL or JSON would have to quote. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const passwordLength = 32;

/** A password of 32 letters and digits, 190 bits; each character is as likely as any other. */
export function password(random: RandomBytes): string {
  // Bytes from here on are thrown away: folded back, they would make the first characters likelier.
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < passwordLength) {
    for (const byte of random(passwordLength)) {
      if (byte < limit && text.length < passwordLength) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}

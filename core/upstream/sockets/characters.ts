/** The characters that heads are made of (RFC 9110, 5.5 and 5.6.2; RFC 9112, 3.2). Pure. */

/** Set for what a name may be made of, without upper-case letters. */
export const LOWER = 1
/** Set for upper-case letters. */
export const UPPER = 2
/** Set for what a value may be made of: visible characters, spaces, tabs and bytes above ASCII. */
export const TEXT = 4
/** Set for what a target may be made of. */
export const VISIBLE = 8

/** What each Latin-1 character may be a part of. Characters beyond are a part of nothing. */
export const CLASSES = new Uint8Array(256)
for (let code = 0x21; code < 256; code++) if (code !== 0x7f) CLASSES[code] = TEXT | VISIBLE
CLASSES[0x09] = TEXT
CLASSES[0x20] = TEXT
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  CLASSES[character.charCodeAt(0)] = LOWER | TEXT | VISIBLE
}
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') CLASSES[character.charCodeAt(0)] = UPPER | TEXT | VISIBLE

// Characters that a name must not have, as they make it look like another one.

/** Control characters, and marks that turn the direction of writing. */
export const hiddenCharacters =
  /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u

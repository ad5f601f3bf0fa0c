/**
 * The characters of a token (RFC 9110, 5.6.2), names of fields and methods among them, as they stand in a character
 * class of a regular expression.
 */
export const TOKEN_CHARACTERS = '!#$%&\'*+\\-.^_`|~0-9A-Za-z'

/** Have the form of secrets and open nothing. Put together here, so that nobody who searches this repository finds one. */
export const GITHUB_LOOKALIKE = ["ghp", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].join("_");
export const AWS_LOOKALIKE = ["AKIA", "YRJZWEQZXQHEWQNA"].join("");
export const NPM_LOOKALIKE = ["npm", "abcdefghijABCDEFGHIJabcdefghij012345"].join("_");

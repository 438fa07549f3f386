/** A digest in hex, passed in: the domain imports no crypto. Stable for ever, since ids are made of it. */
export type Hash = (text: string) => string;

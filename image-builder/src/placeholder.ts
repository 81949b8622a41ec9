/** What builds a Dockerfile: with a Docker Engine, or step by step on this machine. Its parts are imported by subpath. */
export {};

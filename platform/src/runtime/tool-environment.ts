/** What git, builders and other programs take from the environment: where programs are, proxies, certificates, the engine. */
import { z } from 'zod';

const TOOL_VARIABLES = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'NODE_EXTRA_CA_CERTS',
  'DOCKER_HOST',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
] as const;
type ToolVariable = (typeof TOOL_VARIABLES)[number];

/** For a service's schema of its environment. */
export const toolVariables = Object.fromEntries(TOOL_VARIABLES.map((name) => [name, z.string().optional()])) as Record<
  ToolVariable,
  z.ZodOptional<z.ZodString>
>;

/** The environment of the tools, without what is not set: nothing else of ours reaches them. */
export const toolEnvironment = (
  config: Readonly<Partial<Record<ToolVariable, string | undefined>>>,
): Record<string, string> =>
  Object.fromEntries(
    TOOL_VARIABLES.flatMap((name) => {
      const value = config[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );

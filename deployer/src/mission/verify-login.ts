/** Whether Docker Hub itself takes a credential. */
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import type { DockerLogin } from '../registries/docker-logins.js';

/** False: it could not be asked. Throws invalid on `docker_token` when it refuses. */
export type VerifyLogin = (login: DockerLogin, signal: AbortSignal) => Promise<boolean>;

const PATIENCE_MS = 4_000;

export const verifyAtDockerHub: VerifyLogin = async ({ user, token }, signal) => {
  const client = new RegistryClient({ host: 'docker.io', username: user, password: token });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    await client.ping(limit);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError && error.code === 'image_auth_failed')
      throw invalidField('docker_token', 'Docker Hub does not take it', 'make a new access token', 'login_refused');
    if (error instanceof AppError || limit.aborted) return false;
    throw error;
  }
};

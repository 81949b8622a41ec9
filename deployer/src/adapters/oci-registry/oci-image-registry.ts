/**
 * Image facts from any registry that speaks the OCI distribution API.
 *
 * Throws   as the port says, with the field `source.image` and the mend.
 * Network  HTTPS, or plain HTTP to a registry of this machine; a credential goes only to the registry it is for.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { firstExposedPort } from '@aws-deployer/platform/oci/image-manifest';
import {
  canonicalRegistry,
  isLoopbackHost,
  manifestReference,
  parseImageReference,
  type ImageReference,
} from '@aws-deployer/platform/oci/image-reference';
import { readImage } from '@aws-deployer/platform/oci/read-image';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';
import type { ImageFacts, ImageRegistry } from '../../ports/image-registry.js';

const MENDS: Readonly<Record<string, string>> = {
  image_not_found: 'Check the name and the tag, and that the image was pushed',
  image_auth_failed: 'Name a secret of type registry that may pull the image in source.credential',
  image_reference_invalid: 'Give a reference such as registry.example.com/team/app:1.2.0',
  registry_unreachable: 'Check the registry in the name, and that it is up; then deploy again',
};

export class OciImageRegistry implements ImageRegistry {
  resolve(image: string, account: RegistryAccount, signal: AbortSignal): Promise<ImageFacts> {
    return asked(image, account, async (client, reference) => {
      const read = await readImage(client, reference.repository, manifestReference(reference), signal);
      return {
        digest: read.digest,
        exposedPort: firstExposedPort(read.config.config),
        runtime: read.runtime,
        user: read.config.config?.User ?? '',
        architectures: read.architectures,
        startsSomething: [...(read.config.config?.Entrypoint ?? []), ...(read.config.config?.Cmd ?? [])].length > 0,
      };
    });
  }

  look(image: string, account: RegistryAccount, signal: AbortSignal): Promise<void> {
    return asked(image, account, async (client, reference) => {
      await client.resolve(reference.repository, manifestReference(reference), signal);
    });
  }
}

async function asked<T>(
  image: string,
  account: RegistryAccount,
  ask: (client: RegistryClient, reference: ImageReference) => Promise<T>,
): Promise<T> {
  try {
    const reference = parseImageReference(image);
    const own = canonicalRegistry(account.host) === reference.registry;
    const client = new RegistryClient({
      host: reference.registry,
      insecure: own ? account.insecure : isLoopbackHost(reference.registry),
      ...(own && { username: account.username, password: account.password }),
    });
    return await ask(client, reference);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // The port knows one way of a registry not answering as it should.
    const code = error.kind === 'unavailable' ? 'registry_unreachable' : error.code;
    throw new AppError(error.kind, code, error.message, {
      cause: error,
      fields: [
        { field: 'source.image', message: error.message, mend: MENDS[code] ?? 'Check the image and its registry' },
      ],
    });
  }
}

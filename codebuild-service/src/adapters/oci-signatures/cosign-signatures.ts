/**
 * Signatures as cosign puts them beside an image: under the tag `sha256-<hex>.sig` lies a manifest whose layers are the signed
 * texts ("simple signing": which digest is vouched for), each with its signature as an annotation. Verified here with the
 * project's public key (ECDSA, RSA or Ed25519 over SHA-256); keyless signatures have no key to be verified with.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { isLoopbackHost, parseImageReference } from '@aws-deployer/platform/oci/image-reference';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import { z } from 'zod';
import type { ImageSignatures, PushedImage, RegistryLogin } from '../../ports/image-inspection.js';
import type { ImageKnowledge } from '../../quality-gates/judge-gates.js';

const SIGNATURE = 'dev.cosignproject.cosign/signature';
const MOST_LAYERS = 50;
const SignatureManifest = z.object({
  layers: z.array(z.object({ digest: z.string(), annotations: z.record(z.string(), z.string()).optional() })),
});
const SignedText = z.object({
  critical: z.object({ image: z.object({ 'docker-manifest-digest': z.string() }) }),
});

export class CosignSignatures implements ImageSignatures {
  async find(
    image: PushedImage,
    publicKey: string | undefined,
    login: RegistryLogin | undefined,
    signal: AbortSignal,
  ): Promise<ImageKnowledge['signature']> {
    const { registry, repository } = parseImageReference(image.repository);
    const client = new RegistryClient({ host: registry, insecure: isLoopbackHost(registry), ...login });
    const tag = `${image.digest.replace(':', '-')}.sig`;
    if ((await client.headManifest(repository, tag, signal)) === undefined)
      return {
        found: false,
        verified: null,
        detail: `There is no signature of ${image.digest} in ${image.repository}.`,
      };
    const manifest = await client.getManifest(repository, tag, signal);
    const { layers } = SignatureManifest.parse(JSON.parse(manifest.bytes.toString('utf8')));
    const signatures = layers.filter(({ annotations }) => annotations?.[SIGNATURE] !== undefined).slice(0, MOST_LAYERS);
    if (signatures.length === 0)
      return { found: false, verified: null, detail: `${tag} holds no signature of ${image.digest}.` };
    if (publicKey === undefined)
      return {
        found: true,
        verified: null,
        detail: `${image.digest} is signed; by whom was not verified, since the project names no signing_key.`,
      };
    const key = readKey(publicKey);
    for (const { digest, annotations } of signatures) {
      const text = await client.readBlob(repository, digest, signal);
      if (vouches(text, image.digest) && isSignedBy(key, text, annotations?.[SIGNATURE] ?? ''))
        return { found: true, verified: true, detail: `${image.digest} is signed with the project's key.` };
    }
    return { found: true, verified: false, detail: `${image.digest} is signed, but not with the project's key.` };
  }
}

/** Throws AppError invalid/`signing_key_invalid` on `quality_gates.signing_key`. */
export function readKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    const message = `is no public key in PEM: ${messageOf(cause)}`;
    throw new AppError('invalid', 'signing_key_invalid', `quality_gates.signing_key ${message}`, {
      cause,
      fields: [{ field: 'quality_gates.signing_key', message, mend: 'give what `cosign public-key` prints' }],
    });
  }
}

function vouches(text: Buffer, digest: string): boolean {
  const signed = SignedText.safeParse(JSON.parse(text.toString('utf8')));
  return signed.success && signed.data.critical.image['docker-manifest-digest'] === digest;
}

const isSignedBy = (key: KeyObject, text: Buffer, signature: string): boolean =>
  verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', text, key, Buffer.from(signature, 'base64'));

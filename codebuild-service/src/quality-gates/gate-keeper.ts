/** Judges a build that succeeded by its project's gates: asks the registry only for what a gate needs. */
import type { QualityGates } from '@aws-deployer/platform/contracts/build-projects';
import type { BuildReportView, GateResult } from '@aws-deployer/platform/contracts/builds';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { AwsSession } from '../ports/aws-session.js';
import type { ImageScans, ImageSignatures, PushedImage, RegistryLogin } from '../ports/image-inspection.js';
import { judgeGates, needsImage, type ImageKnowledge } from './judge-gates.js';

export interface JudgedBuild {
  readonly gates: QualityGates;
  readonly reports: readonly BuildReportView[];
  readonly exportedVariables: Readonly<Record<string, string>>;
  readonly session: AwsSession | null;
  readonly login: RegistryLogin | undefined;
}

export class GateKeeper {
  constructor(
    private readonly scans: ImageScans,
    private readonly signatures: ImageSignatures,
  ) {}

  /** Never throws: what could not be found out is the sentence of a gate that is not passed. */
  async judge(
    { gates, reports, exportedVariables, session, login }: JudgedBuild,
    signal: AbortSignal,
  ): Promise<GateResult[]> {
    const image = needsImage(gates)
      ? await this.#know(gates, pushedImage(exportedVariables), session, login, signal)
      : null;
    return judgeGates(gates, { reports, image });
  }

  async #know(
    gates: QualityGates,
    image: PushedImage | null,
    session: AwsSession | null,
    login: RegistryLogin | undefined,
    signal: AbortSignal,
  ): Promise<ImageKnowledge> {
    const unasked: ImageKnowledge = {
      image: image === null ? null : `${image.repository}@${image.digest}`,
      findings: { reason: 'nobody asked' },
      signature: { found: false, verified: null, detail: 'Nobody asked.' },
    };
    if (image === null) return unasked;
    return {
      ...unasked,
      ...(gates.findings_max === undefined
        ? {}
        : {
            findings: await this.scans
              .findings(image, session, signal)
              .catch((error: unknown) => ({ reason: messageOf(error) })),
          }),
      ...(gates.image_signed
        ? {
            signature: await this.signatures
              .find(image, gates.signing_key, login, signal)
              .catch((error: unknown) => ({ found: false, verified: null, detail: messageOf(error) })),
          }
        : {}),
    };
  }
}

/** What the build said it pushed: `IMAGE_URI` (with or without a tag) and `IMAGE_DIGEST`. */
export function pushedImage(variables: Readonly<Record<string, string>>): PushedImage | null {
  const uri = variables['IMAGE_URI'];
  const digest = variables['IMAGE_DIGEST'] ?? /@(sha256:[0-9a-f]{64})$/.exec(uri ?? '')?.[1];
  if (uri === undefined || uri === '' || digest === undefined || !/^sha256:[0-9a-f]{64}$/.test(digest)) return null;
  return { repository: uri.replace(/@.*$/, '').replace(/:[^/:]*$/, ''), digest };
}

/**
 * What an AWS operation is: a name out of a closed list, typed parameters, what it does to the account and how its answer
 * looks as a table. How it is carried out is an adapter's; nothing here knows an SDK.
 */
import type { AWS_SERVICES, AwsEffect } from '@aws-deployer/platform/contracts/aws-operations';
import type { z } from 'zod';
import type { ConsolePage } from './console-link.js';

export type AwsServiceName = (typeof AWS_SERVICES)[number];
export interface Place<Parameters> {
  readonly region: string;
  readonly parameters: Parameters;
}
export interface Operation<Parameters extends z.ZodObject = z.ZodObject, Column extends string = string> {
  /** `ec2.describe_instances`: the service, and AWS's own word in snake case. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** `reveal` changes nothing, but hands out a secret: it is confirmed and recorded as a change is. */
  readonly effect: AwsEffect;
  readonly parameters: Parameters;
  /** IAM actions that it needs. */
  readonly permissions: readonly string[];
  readonly columns: readonly Column[];
  readonly paged: boolean;
  /** Where the AWS console shows the same. */
  console(place: Place<z.output<Parameters>>): ConsolePage;
  /** How people ask for it, for matching words. */
  readonly phrases: readonly string[];
  /** Of what is no `read`: the imperative sentence, without its full stop, that a person says yes to. */
  summary?(parameters: z.output<Parameters>): string;
  /** Parameters that the books name but do not hold: contents, not addresses. */
  readonly unrecorded?: readonly string[];
}

/** A declaration whose types are checked where it stands. */
export const operation = <Parameters extends z.ZodObject, const Column extends string>(
  declared: Operation<Parameters, Column>,
): Operation<Parameters, Column> => declared;

export const serviceOf = ({ name }: Operation): AwsServiceName => name.slice(0, name.indexOf('.')) as AwsServiceName;
/** Its parameters, each with its own schema. */
export function shapesOf({ parameters }: Operation): [name: string, shape: z.ZodType][] {
  const shape: Readonly<Record<string, z.ZodType>> = parameters.shape;
  return Object.entries(shape);
}
export const isOptional = (shape: z.ZodType): boolean => shape.safeParse(undefined).success;
/** Whether a person has to say yes first. */
export const needsConfirmation = ({ effect }: Operation): boolean => effect !== 'read';

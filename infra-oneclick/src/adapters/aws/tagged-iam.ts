/**
 * What of IAM bears tags: roles, policies of the account's own, instance profiles, identity providers. IAM is of no region, and the
 * tagging API does not list all of it.
 */
import type { OrphanView } from '@aws-deployer/platform/contracts/infra';
import type { Tags } from '../../ports/cloud-inventory.js';
import { awsCode, type AwsSession } from './aws-session.js';
import { tagsOf } from './cluster-tags.js';

type Found = readonly [arn: string, tags: Tags];

export async function taggedIam(aws: AwsSession, tags: Tags, abortSignal: AbortSignal): Promise<OrphanView[]> {
  const wanted = Object.entries(tags);
  const bearsAll = (own: Tags): boolean => wanted.every(([key, value]) => own[key] === value);
  const tag = wanted.map((pair) => pair.join('=')).join(', ');
  const found = [
    ...(await roles(aws, abortSignal)),
    ...(await policies(aws, abortSignal)),
    ...(await instanceProfiles(aws, abortSignal)),
    ...(await identityProviders(aws, abortSignal)),
  ];
  return found
    .filter(([, own]) => bearsAll(own))
    .map(([id]) => ({ id, type: `iam:${/:([a-z-]+)\//.exec(id)?.[1] ?? ''}`, region: 'global', tag }));
}

/** Their tags come along here, and nowhere else but one by one. */
async function roles(aws: AwsSession, abortSignal: AbortSignal): Promise<Found[]> {
  const { paginateGetAccountAuthorizationDetails } = await import('@aws-sdk/client-iam');
  const client = await aws.client('iam');
  const found: Found[] = [];
  const pages = paginateGetAccountAuthorizationDetails({ client }, { Filter: ['Role'] }, { abortSignal });
  for await (const { RoleDetailList = [] } of pages)
    for (const { Arn = '', Tags } of RoleDetailList) found.push([Arn, tagsOf(Tags)]);
  return found;
}

async function policies(aws: AwsSession, abortSignal: AbortSignal): Promise<Found[]> {
  const { ListPolicyTagsCommand, paginateListPolicies } = await import('@aws-sdk/client-iam');
  const client = await aws.client('iam');
  const found: Found[] = [];
  for await (const { Policies = [] } of paginateListPolicies({ client }, { Scope: 'Local' }, { abortSignal }))
    for (const { Arn = '' } of Policies)
      found.push(
        ...(await withTags(Arn, () => client.send(new ListPolicyTagsCommand({ PolicyArn: Arn }), { abortSignal }))),
      );
  return found;
}

async function instanceProfiles(aws: AwsSession, abortSignal: AbortSignal): Promise<Found[]> {
  const { ListInstanceProfileTagsCommand, paginateListInstanceProfiles } = await import('@aws-sdk/client-iam');
  const client = await aws.client('iam');
  const found: Found[] = [];
  for await (const { InstanceProfiles = [] } of paginateListInstanceProfiles({ client }, {}, { abortSignal }))
    for (const { Arn = '', InstanceProfileName, Tags } of InstanceProfiles)
      if (Tags !== undefined && Tags.length > 0) found.push([Arn, tagsOf(Tags)]);
      else
        found.push(
          ...(await withTags(Arn, () =>
            client.send(new ListInstanceProfileTagsCommand({ InstanceProfileName }), { abortSignal }),
          )),
        );
  return found;
}

async function identityProviders(aws: AwsSession, abortSignal: AbortSignal): Promise<Found[]> {
  const { ListOpenIDConnectProvidersCommand, ListOpenIDConnectProviderTagsCommand } =
    await import('@aws-sdk/client-iam');
  const client = await aws.client('iam');
  const { OpenIDConnectProviderList = [] } = await client.send(new ListOpenIDConnectProvidersCommand({}), {
    abortSignal,
  });
  const found: Found[] = [];
  for (const { Arn = '' } of OpenIDConnectProviderList)
    found.push(
      ...(await withTags(Arn, () =>
        client.send(new ListOpenIDConnectProviderTagsCommand({ OpenIDConnectProviderArn: Arn }), { abortSignal }),
      )),
    );
  return found;
}

/** Nothing of what is gone since it was listed. */
async function withTags(
  arn: string,
  ask: () => Promise<{ Tags?: { Key: string | undefined; Value: string | undefined }[] | undefined }>,
): Promise<Found[]> {
  try {
    return [[arn, tagsOf((await ask()).Tags)]];
  } catch (error) {
    if (awsCode(error).startsWith('NoSuchEntity')) return [];
    throw error;
  }
}

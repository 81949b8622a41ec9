/**
 * A deployment's source in words. The wire gives it as it was asked for, unknown to the type system: read with care.
 */
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { shortImage } from '../ui/words.js';

export interface SourceWords {
  readonly kind: 'git' | 'snippet' | 'image' | 'other';
  readonly text: string;
  readonly ref: string | null;
}

export function sourceWords(source: DeploymentView['source']): SourceWords {
  if (typeof source !== 'object' || source === null || !('type' in source)) {
    return { kind: 'other', text: 'unknown source', ref: null };
  }
  const value = source as Record<string, unknown>;
  const word = (key: string): string => (typeof value[key] === 'string' ? value[key] : '');
  if (value['type'] === 'git') {
    return { kind: 'git', text: shortRepo(word('repo_url')), ref: word('ref') || null };
  }
  if (value['type'] === 'snippet') return { kind: 'snippet', text: `pasted ${word('language')} source`, ref: null };
  if (value['type'] === 'image') return { kind: 'image', text: shortImage(word('image')), ref: null };
  return { kind: 'other', text: word('type') || 'unknown source', ref: null };
}

/** `https://github.com/acme/shop.git` → `github.com/acme/shop`; the last two folders of a local path. */
export function shortRepo(url: string): string {
  const bare = url.replace(/\.git\/?$/, '').replace(/\/$/, '');
  if (bare.startsWith('file://') || bare.startsWith('/')) return bare.split('/').slice(-2).join('/');
  return bare
    .replace(/^[a-z+]+:\/\//, '')
    .replace(/^[^@/]*@/, '')
    .replace(':', '/');
}

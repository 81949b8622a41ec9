/**
 * Puts Terraform into an image: `node scripts/fetch-terraform.mjs FOLDER`, run inside the build of infra-oneclick, whose
 * base has neither curl nor unzip. Reads TERRAFORM_VERSION, TERRAFORM_RELEASES (the address of a folder laid out as
 * releases.hashicorp.com/terraform), and TERRAFORM_SHA256_AMD64 or _ARM64: the checksum of the archive for this machine.
 *
 * Ends with 1 when the archive is not to be had, or is not the one of the checksum. The program's time is 0 and its mode
 * 755, so that one version makes one layer, whatever the commit.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const LIMIT_MS = 300_000;
const { TERRAFORM_VERSION: version, TERRAFORM_RELEASES: releases } = process.env;
const machine = { x64: 'amd64', arm64: 'arm64' }[process.arch];
const checksum = machine && process.env[`TERRAFORM_SHA256_${machine.toUpperCase()}`];
const [folder] = process.argv.slice(2);
if (!folder || !version || !releases) throw new Error('usage: node scripts/fetch-terraform.mjs FOLDER');
if (!checksum) throw new Error(`there is no checksum of Terraform for ${process.arch}`);

const url = `${releases}/${version}/terraform_${version}_linux_${machine}.zip`;
const answer = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
const archive = Buffer.from(await answer.arrayBuffer());
const found = createHash('sha256').update(archive).digest('hex');
if (found !== checksum) throw new Error(`${url} has the checksum ${found}, not ${checksum}`);
mkdirSync(folder, { recursive: true });
const program = join(folder, 'terraform');
writeFileSync(program, fileOf(archive, 'terraform'), { mode: 0o755 });
for (const path of [program, folder, dirname(folder)]) utimesSync(path, 0, 0);

/** One file of a zip archive, by the archive's directory at its end (PKWARE APPNOTE 4.3); without zip64. */
function fileOf(zip, wanted) {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end === -1) throw new Error(`${url} is no zip archive`);
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, packed] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const local = zip.readUInt32LE(at + 42);
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === wanted) {
      const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const bytes = zip.subarray(data, data + packed);
      return method === 0 ? bytes : inflateRawSync(bytes);
    }
    at += 46 + nameLength + extra + comment;
  }
  throw new Error(`${url} holds no ${wanted}`);
}

/** XML as nested records: elements of one name are always a list under their name, attributes begin with `@`. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { AppError } from '@aws-deployer/platform/errors/app-error';

export interface XmlElement {
  readonly [name: string]: string | readonly XmlElement[];
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  alwaysCreateTextNode: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
});

/** Throws AppError invalid/`xml_malformed` with line and column. */
export function parseXml(text: string): XmlElement {
  const valid = XMLValidator.validate(text, { allowBooleanAttributes: false });
  if (valid !== true)
    throw new AppError(
      'invalid',
      'xml_malformed',
      `line ${String(valid.err.line)}, column ${String(valid.err.col)}: ${valid.err.msg}`,
    );
  return parser.parse(text) as XmlElement;
}

export function children(element: XmlElement, name: string): readonly XmlElement[] {
  const found = element[name];
  return Array.isArray(found) ? (found as readonly XmlElement[]) : [];
}
export function attribute(element: XmlElement, name: string): string | undefined {
  const found = element[`@${name}`];
  return typeof found === 'string' ? found : undefined;
}
/** The text between the tags, CDATA included. */
export function textOf(element: XmlElement): string {
  const found = element['#text'];
  return typeof found === 'string' ? found : '';
}
/** A number in an attribute; thousands may be parted by commas, as some writers of JUnit do. */
export function numberOf(element: XmlElement, name: string): number | undefined {
  const text = attribute(element, name)?.replaceAll(',', '');
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

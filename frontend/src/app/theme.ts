/**
 * The console's own look on Mantine's components: ultramarine on bone paper by day, on graphite by night.
 *
 * Colours are CSS variables of tokens.css; here Mantine's palettes and variables are pointed at them, so a component and
 * hand-written CSS cannot drift apart.
 */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const ultramarine: MantineColorsTuple = [
  '#eef0ff',
  '#dbe0ff',
  '#b7c0ff',
  '#93a1ff',
  '#6f80fb',
  '#4c5ff2',
  '#2b3fe0',
  '#2233c2',
  '#1b299c',
  '#151f76',
];
/** Graphite, for the dark scheme: Mantine takes its surfaces and borders from these ten. */
const dark: MantineColorsTuple = [
  '#e9e9ec',
  '#b4b6be',
  '#8d909a',
  '#5d616b',
  '#3b3f48',
  '#2a2d34',
  '#1d1f25',
  '#16181c',
  '#0f1013',
  '#0a0b0d',
];
/** Bone, for the light scheme: greys with a little warmth. */
const gray: MantineColorsTuple = [
  '#faf9f6',
  '#f5f4f0',
  '#ecebe5',
  '#e3e1d9',
  '#d0cdc2',
  '#b3b0a6',
  '#8a8881',
  '#66676d',
  '#45474e',
  '#17181c',
];
const vermilion: MantineColorsTuple = [
  '#fff0ec',
  '#ffdcd3',
  '#fdb8a7',
  '#fa9178',
  '#f57154',
  '#e9552f',
  '#c93a15',
  '#ab2f10',
  '#87260e',
  '#641c0a',
];

export const theme = createTheme({
  primaryColor: 'ultramarine',
  primaryShade: { light: 6, dark: 5 },
  colors: { ultramarine, vermilion, dark, gray },
  white: '#ffffff',
  black: '#17181c',
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '18px' },
  fontFamily: 'var(--font-text)',
  fontFamilyMonospace: 'var(--font-mono)',
  headings: { fontFamily: 'var(--font-text)', fontWeight: '640' },
  fontSizes: { xs: '12px', sm: '13.5px', md: '15px', lg: '17px', xl: '21px' },
  lineHeights: { xs: '1.4', sm: '1.5', md: '1.55', lg: '1.5', xl: '1.4' },
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false, checkIconPosition: 'right' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, fz: 'xs' } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: 'lg',
        overlayProps: { color: '#0f1013', backgroundOpacity: 0.4, blur: 2 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } },
    Menu: { defaultProps: { radius: 'md', shadow: 'md' } },
  },
});

/** Mantine's variables, spelled in the console's own tokens. */
export const cssVariablesResolver: CSSVariablesResolver = () => {
  const surfaces = {
    '--mantine-color-body': 'var(--sheet)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--ink-3)',
    '--mantine-color-anchor': 'var(--accent-ink)',
    '--mantine-color-placeholder': 'var(--ink-4)',
    '--mantine-color-error': 'var(--bad)',
    '--mantine-color-default': 'var(--sheet)',
    '--mantine-color-default-hover': 'var(--sheet-2)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-default-color': 'var(--ink)',
    '--mantine-color-ultramarine-light': 'var(--accent-soft)',
    '--mantine-color-ultramarine-light-hover': 'var(--accent-soft)',
    '--mantine-color-ultramarine-light-color': 'var(--accent-ink)',
    '--mantine-color-vermilion-light': 'var(--bad-soft)',
    '--mantine-color-vermilion-light-hover': 'var(--bad-soft)',
    '--mantine-color-vermilion-light-color': 'var(--bad)',
    '--mantine-color-gray-light-color': 'var(--ink-2)',
    '--mantine-primary-color-light': 'var(--accent-soft)',
    '--mantine-primary-color-light-color': 'var(--accent-ink)',
  };
  // White words on the lighter shade of the night could hardly be read.
  const danger = {
    '--mantine-color-vermilion-filled': 'var(--mantine-color-vermilion-6)',
    '--mantine-color-vermilion-filled-hover': 'var(--mantine-color-vermilion-7)',
  };
  return { variables: {}, light: surfaces, dark: { ...surfaces, ...danger } };
};

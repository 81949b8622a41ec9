/** The five tones of state; tokens.css gives each its colours by `data-tone`. */
export type Tone = 'good' | 'bad' | 'warn' | 'live' | 'mute';

/* global document, localStorage, window */
// Sets the colour scheme before the first paint, so a dark page never flashes white. The key is Mantine's own.
(function () {
  function chosen() {
    try {
      return localStorage.getItem('mantine-color-scheme-value');
    } catch {
      return null; // storage is off: follow the system
    }
  }
  const scheme = chosen();
  const system = window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  document.documentElement.setAttribute(
    'data-mantine-color-scheme',
    scheme === 'dark' || scheme === 'light' ? scheme : system,
  );
})();

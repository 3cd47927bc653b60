import { optionalText, text } from '../base/option.ts';

/** Settings of the commands that use a server; the server itself does not look at them. */
export const clientOptions = {
  url: text({
    env: 'PARLEY_URL',
    doc: 'Address of the server that `parley transcribe` and `parley listen` use, unless `--url` names one.',
    default: 'http://127.0.0.1:8080',
  }),
  apiKey: optionalText({
    env: 'PARLEY_API_KEY',
    doc: 'The API key or temporary key they present, unless `--key-file` names a file with one.',
  }),
};

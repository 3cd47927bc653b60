import { CodeBlock } from '../ui/code/code-block.tsx';
import { Card } from '../ui/layout/card.tsx';
import { Stack } from '../ui/layout/stack.tsx';

/** How a program uses a token. */
export function UseCard() {
  const { origin } = window.location;
  const curl = `curl "${origin}/v1/projects" \\\n  -H "Authorization: Bearer $MANAGEMENT_TOKEN"`;
  const javascript = `const response = await fetch('${origin}/v1/projects', {
  headers: { authorization: \`Bearer \${process.env.MANAGEMENT_TOKEN}\` },
});
console.log(await response.json());`;
  const python = `import os, requests

response = requests.get(
    "${origin}/v1/projects",
    headers={"Authorization": f"Bearer {os.environ['MANAGEMENT_TOKEN']}"},
)
print(response.json())`;
  return (
    <Card title="Use a management token" description="Send it as a Bearer token to the Management API.">
      <Stack>
        <CodeBlock
          label="List the projects"
          samples={[
            { language: 'curl', code: curl },
            { language: 'JavaScript', code: javascript },
            { language: 'Python', code: python },
          ]}
        />
        <p>
          The Management API is explained in <code>docs/management.md</code>, which comes with Parley. Every
          operation with its fields is in{' '}
          <a href="/openapi.json" target="_blank" rel="noreferrer">
            the description of the API
          </a>
          .
        </p>
      </Stack>
    </Card>
  );
}

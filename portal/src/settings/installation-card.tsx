import { useSignedIn } from '../shell/session/signed-in.tsx';
import { DescriptionList } from '../ui/data/description-list.tsx';
import { Card } from '../ui/layout/card.tsx';

/** The server, and whom to ask about it. */
export function InstallationCard() {
  const { version, support_contact, domain } = useSignedIn();
  return (
    <Card title="Server">
      <DescriptionList
        items={[
          { label: 'Version', value: `Parley ${version}` },
          { label: 'Domain', value: <code>{domain}</code> },
          { label: 'Support', value: support_contact },
          {
            label: 'API',
            value: (
              <a href="/openapi.json" target="_blank" rel="noreferrer">
                Description of the API
              </a>
            ),
          },
        ]}
      />
    </Card>
  );
}

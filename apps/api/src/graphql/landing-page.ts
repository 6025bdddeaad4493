/** GraphiQL, as a browser finds it at /graphql in the sandbox. Its files are served by apps/api/src/graphiql. */
import type { ApolloServerPlugin } from '@apollo/server';

/** Serves a page for `GET` with `Accept: text/html`. */
export function landingPagePlugin(html: string): ApolloServerPlugin {
  return {
    async serverWillStart() {
      return {
        async renderLandingPage() {
          return { html };
        },
      };
    },
  };
}

const firstQuery = `# Leadger's API, on the sandbox. Put a key into Headers, below:
# { "Authorization": "Bearer ldg_live_…" }
# npm start prints the demo's keys; they are also in .leadger/demo.json.
query WhoAmI {
  viewer {
    organization { id name }
    roles
    permissions
  }
}
`;

export const sandboxPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leadger API: sandbox</title>
<link rel="stylesheet" href="/graphiql/graphiql.css">
<style>body { margin: 0 } #graphiql { height: 100vh }</style>
</head>
<body>
<div id="graphiql">Loading GraphiQL…</div>
<script src="/graphiql/react.js"></script>
<script src="/graphiql/react-dom.js"></script>
<script src="/graphiql/graphiql.js"></script>
<script>
  ReactDOM.createRoot(document.getElementById('graphiql')).render(
    React.createElement(GraphiQL, {
      fetcher: GraphiQL.createFetcher({ url: location.pathname }),
      defaultQuery: ${JSON.stringify(firstQuery)},
      // Keys stay in the tab: what is typed there is not written to the browser's storage.
      shouldPersistHeaders: false,
    }),
  );
</script>
</body>
</html>
`;

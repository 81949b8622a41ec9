/**
 * The steps of an image build as a project of its own begins with them. Every figure of one build comes in by variables, so
 * that people may change the text (run tests, write reports, sign) and the deployer's builds still find their way.
 *
 * IMAGE_URI                      repository:tag to build and push
 * DOCKERFILE                     relative to the context
 * REGISTRY_HOST, REGISTRY_USERNAME, REGISTRY_PASSWORD   empty: no login
 * BUILD_ARG_NAMES                names parted by spaces; the value of each is in BUILD_ARG_<name>
 */
export const IMAGE_BUILDSPEC = `version: 0.2
env:
  exported-variables:
    - IMAGE_URI
    - IMAGE_DIGEST
phases:
  pre_build:
    commands:
      - |
        if [ -n "$REGISTRY_USERNAME" ]; then
          printf '%s' "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USERNAME" --password-stdin "$REGISTRY_HOST"
        fi
  build:
    commands:
      - |
        set --
        for name in $BUILD_ARG_NAMES; do set -- "$@" --build-arg "$name=$(printenv "BUILD_ARG_$name")"; done
        docker build --file "$DOCKERFILE" --tag "$IMAGE_URI" "$@" .
      - docker push "$IMAGE_URI"
      - export IMAGE_DIGEST="$(docker inspect --format '{{index .RepoDigests 0}}' "$IMAGE_URI" | sed 's/.*@//')"
`;

export interface ImageBuildVariables {
  readonly image: string;
  readonly dockerfile: string;
  readonly registryHost: string;
  readonly buildArgs: Readonly<Record<string, string>>;
}

export const imageBuildVariables = ({ image, dockerfile, registryHost, buildArgs }: ImageBuildVariables) =>
  Object.entries({
    IMAGE_URI: image,
    DOCKERFILE: dockerfile,
    REGISTRY_HOST: registryHost,
    BUILD_ARG_NAMES: Object.keys(buildArgs).join(' '),
    ...Object.fromEntries(Object.entries(buildArgs).map(([name, value]) => [`BUILD_ARG_${name}`, value])),
  }).map(([name, value]) => ({ name, value, type: 'PLAINTEXT' as const }));

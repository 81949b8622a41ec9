/**
 * Buildspecs to begin with. Each runs as it is, with CodeBuild's standard images and with the local runner, and goes around
 * what a project does not have (no lock file, no tests).
 */
import type { BUILDSPEC_TEMPLATES, BuildspecTemplateView } from '@aws-deployer/platform/contracts/build-projects';
import type { z } from 'zod';

type TemplateName = (typeof BUILDSPEC_TEMPLATES)[number];
type Template = z.infer<typeof BuildspecTemplateView>;

const NODE = `version: 0.2

env:
  variables:
    NODE_ENV: development

phases:
  install:
    runtime-versions:
      nodejs: 20
    commands:
      - if [ -f package-lock.json ]; then npm ci; else npm install; fi
  build:
    commands:
      - npm run build --if-present
      - npm test --if-present

reports:
  tests:
    files:
      - '**/junit*.xml'
    base-directory: reports
    file-format: JUNITXML

artifacts:
  files:
    - '**/*'
  exclude-paths:
    - node_modules/**/*

cache:
  paths:
    - node_modules/**/*
`;

const PYTHON = `version: 0.2

env:
  variables:
    PIP_DISABLE_PIP_VERSION_CHECK: '1'
    PIP_CACHE_DIR: .pip-cache

phases:
  install:
    runtime-versions:
      python: 3.12
    commands:
      - |
        if [ -f requirements.txt ] || [ -f pyproject.toml ] || [ -d tests ]; then
          python3 -m venv .venv
          . .venv/bin/activate
        fi
      - if [ -f requirements.txt ]; then pip install -r requirements.txt; fi
      - if [ -f pyproject.toml ]; then pip install .; fi
  build:
    commands:
      - python3 -m compileall -q -x '[.]venv' .
      - if [ -d tests ]; then pip install pytest && python3 -m pytest --junitxml reports/pytest.xml; fi

reports:
  tests:
    files:
      - pytest.xml
    base-directory: reports
    file-format: JUNITXML

artifacts:
  files:
    - '**/*'
  exclude-paths:
    - .venv/**/*
    - .pip-cache/**/*

cache:
  paths:
    - .pip-cache/**/*
`;

const JAVA = `version: 0.2

phases:
  install:
    runtime-versions:
      java: corretto17
  build:
    commands:
      - |
        if [ -x mvnw ]; then ./mvnw -B verify
        elif [ -f pom.xml ]; then mvn -B verify
        elif [ -x gradlew ]; then ./gradlew build
        else gradle build
        fi

reports:
  maven:
    files:
      - '**/surefire-reports/*.xml'
    file-format: JUNITXML
  coverage:
    files:
      - '**/jacoco*.xml'
    file-format: JACOCOXML

artifacts:
  files:
    - '**/target/*.jar'
    - '**/build/libs/*.jar'
  discard-paths: yes

cache:
  paths:
    - /root/.m2/**/*
    - /root/.gradle/caches/**/*
`;

const DOCKER = `version: 0.2

# IMAGE_URI     the whole name, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1.4
# REGISTRY      the host alone: the image is then named after the project and the number of the build
# REGISTRY_USERNAME, REGISTRY_PASSWORD   of a registry that is not Amazon's (keep the password in Secrets Manager)
env:
  shell: bash
  variables:
    DOCKERFILE: Dockerfile
    BUILD_CONTEXT: .
  exported-variables:
    - IMAGE_URI
    - IMAGE_DIGEST

phases:
  pre_build:
    commands:
      - |
        if [ -z "$IMAGE_URI" ]; then
          if [ -z "$REGISTRY" ]; then echo "Set IMAGE_URI, or REGISTRY, as a variable of the project" >&2; exit 1; fi
          export IMAGE_URI="$REGISTRY/$(echo "\${CODEBUILD_BUILD_ID%%:*}" | tr '[:upper:]' '[:lower:]'):$CODEBUILD_BUILD_NUMBER"
        fi
      - export REGISTRY="\${IMAGE_URI%%/*}"
      - |
        if [[ "$REGISTRY" =~ ^[0-9]{12}[.]dkr[.]ecr[.]([a-z0-9-]+)[.]amazonaws[.]com ]]; then
          REGION="\${BASH_REMATCH[1]}"
          REPOSITORY="\${IMAGE_URI#*/}"; REPOSITORY="\${REPOSITORY%%[:@]*}"
          aws ecr describe-repositories --region "$REGION" --repository-names "$REPOSITORY" > /dev/null ||
            aws ecr create-repository --region "$REGION" --repository-name "$REPOSITORY"
          aws ecr get-login-password --region "$REGION" | docker login --username AWS --password-stdin "$REGISTRY"
        elif [ -n "$REGISTRY_USERNAME" ]; then
          printf '%s' "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USERNAME" --password-stdin "$REGISTRY"
        fi
  build:
    on-failure: ABORT
    commands:
      - docker build --file "$BUILD_CONTEXT/$DOCKERFILE" --tag "$IMAGE_URI" "$BUILD_CONTEXT"
  post_build:
    commands:
      - docker push "$IMAGE_URI"
      - export IMAGE_DIGEST="$(docker inspect --format '{{index .RepoDigests 0}}' "$IMAGE_URI" | cut -d@ -f2)"
      - echo "Pushed $IMAGE_URI as $IMAGE_DIGEST"
`;

const TEMPLATES: Readonly<Record<TemplateName, Omit<Template, 'template'>>> = {
  node: {
    title: 'Node.js',
    description: 'Installs with npm, builds and tests if package.json says how, keeps the folder as an artifact',
    text: NODE,
  },
  python: {
    title: 'Python',
    description: 'All files compiled; the requirements in a virtual environment and pytest, where there are some',
    text: PYTHON,
  },
  java: {
    title: 'Java',
    description: 'Maven or Gradle, with the tests and their coverage as reports and the jars as artifacts',
    text: JAVA,
  },
  docker: {
    title: 'Docker image',
    description: 'Builds the Dockerfile and pushes the image to ECR or any registry; needs a privileged environment',
    text: DOCKER,
  },
};

export const buildspecTemplates = (): Template[] =>
  (Object.keys(TEMPLATES) as TemplateName[]).map((template) => ({ template, ...TEMPLATES[template] }));
export const templateText = (template: TemplateName): string => TEMPLATES[template].text;

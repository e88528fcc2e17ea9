# leukgan with all that it needs, for a TPU VM or any machine with a processor: docs/tpu.md.
#   docker build -t leukgan --build-arg REVISION=$(git describe --always --dirty) .
#   docker run --rm leukgan smoke
# With --build-arg TORCH_INDEX=ADDRESS, the index of torch without CUDA that PyTorch's install page names, it is 6 GB smaller.

# A slim Python, 3.11 to 3.13; a Debian with python3, python3-venv and Python's shared library (libpython3.11) does too.
ARG BASE_IMAGE=python:3.11-slim-bookworm

# hadolint ignore=DL3006
FROM ${BASE_IMAGE} AS build
# The extra that is installed: tpu, or search for an image without torch_xla.
ARG EXTRA=tpu
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=/source/constraints.txt
WORKDIR /source
COPY pyproject.toml constraints.txt container/requirements.py ./
RUN python3 -m venv /opt/venv \
    && if [ -n "${TORCH_INDEX}" ]; then /opt/venv/bin/pip install --index-url "${TORCH_INDEX}" torch torchvision; fi \
    && python3 requirements.py "${EXTRA}" > requirements.txt \
    && /opt/venv/bin/pip install --requirement requirements.txt

# hadolint ignore=DL3006
FROM ${BASE_IMAGE}
ARG REVISION=""
LABEL org.opencontainers.image.title="leukgan" org.opencontainers.image.revision="${REVISION}"
# Whoever runs it, also a number without a name, can write to the home folder and to runs; metrics stay on the machine.
ENV PATH=/opt/venv/bin:${PATH} PYTHONPATH=/opt/leukgan HOME=/home/leukgan USER=leukgan \
    LEUKGAN_REVISION=${REVISION} WANDB_MODE=offline PYTHONUNBUFFERED=1
RUN mkdir -p /home/leukgan /study/runs /data && chmod 1777 /home/leukgan /study /study/runs
COPY --from=build /opt/venv /opt/venv
# The code comes last, as it stands in the repository: new code needs no new layer of packages.
COPY container/run-app /usr/local/bin/run-app
COPY LICENSE README.md /opt/leukgan/
COPY conf /opt/leukgan/conf
COPY experiments /opt/leukgan/experiments
COPY hydra_plugins /opt/leukgan/hydra_plugins
COPY leukgan /opt/leukgan/leukgan
WORKDIR /study
VOLUME ["/data", "/study/runs"]
USER 10001:10001
# An app by its name, or smoke; without one they are listed.
ENTRYPOINT ["run-app"]
